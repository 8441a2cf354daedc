import { describe, expect, it } from "vitest";
import { padma, recorders } from "./program.ts";

const INIT = {
  network: "devnet",
  actor: null,
  owner: null,
  worker: null,
  sectorSize: null,
  iProveSpacetimeElsewhere: false,
  instant: false,
  blockDelay: null,
  finality: null,
  challengeDelay: null,
};
const PLEDGE = {
  count: 1,
  wait: false,
  data: null,
  deal: null,
  maxSealing: null,
  iProveSpacetimeElsewhere: false,
};

/** Command line → the command that runs, and what its body gets. */
const PARSED: readonly [line: string, path: string, input: object][] = [
  ["init", "init", INIT],
  [
    "init --sector-size 8388608 --instant --block-delay 100 --finality 10 --challenge-delay 150",
    "init",
    { ...INIT, sectorSize: "8MiB", instant: true, blockDelay: 100, finality: 10, challengeDelay: 150 },
  ],
  ["init --block-delay 2s", "init", { ...INIT, blockDelay: 2000 }],
  [
    "init --network lotus --actor t01000 --i-prove-spacetime-elsewhere",
    "init",
    { ...INIT, network: "lotus", actor: "t01000", iProveSpacetimeElsewhere: true },
  ],
  [
    "init --network lotus --owner f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za --worker f0100 --sector-size 32GiB",
    "init",
    {
      ...INIT,
      network: "lotus",
      owner: "f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za",
      worker: "f0100",
      sectorSize: "32GiB",
    },
  ],
  ["pledge-sector", "sectors pledge", PLEDGE],
  [
    "sectors pledge --count 5 --data zeros --deal none",
    "sectors pledge",
    { ...PLEDGE, count: 5, data: { kind: "zeros" }, deal: "none" },
  ],
  [
    "pledge-sector --wait --data ./a.car --max-sealing 8 --json",
    "sectors pledge",
    { ...PLEDGE, wait: true, data: { kind: "file", path: "./a.car" }, maxSealing: 8 },
  ],
  ["run", "run", { untilIdle: false, patience: 600_000 }],
  ["run --until-idle --patience 1h30m", "run", { untilIdle: true, patience: 5_400_000 }],
  [
    "--json sectors list",
    "sectors list",
    { states: null, showRemoved: false, fast: false, events: false, sealTime: false, initialPledge: false },
  ],
  [
    "sectors list --states proving,SealFailed -etp",
    "sectors list",
    {
      states: ["Proving", "SealFailed"],
      showRemoved: false,
      fast: false,
      events: true,
      sealTime: true,
      initialPledge: true,
    },
  ],
  [
    "sectors status --log --on-chain-info 2",
    "sectors status",
    { sector: 2, log: true, onChainInfo: true, proof: false },
  ],
  [
    "sectors status s-t01000-12 --proof",
    "sectors status",
    { sector: 12, log: false, onChainInfo: false, proof: true },
  ],
  ["sectors why 0", "sectors why", { sector: 0 }],
  [
    "sectors update-state 3 Packing --really-do-it",
    "sectors update-state",
    { sector: 3, state: "Packing", reallyDoIt: true },
  ],
  ["info --repo /srv/padma", "info", {}],
  ["params generate", "params generate", { size: "2KiB", circuit: "porep", seed: "padma-devnet-1" }],
  [
    "params generate --size 8MiB --circuit window-post --seed ours",
    "params generate",
    { size: "8MiB", circuit: "window-post", seed: "ours" },
  ],
  ["params status --size 2kib", "params status", { size: "2KiB" }],
  ["params fetch", "params fetch", { size: null, from: null }],
  [
    "params fetch --size 32GiB --from http://nas:8080/",
    "params fetch",
    { size: "32GiB", from: "http://nas:8080/" },
  ],
  ["params verify", "params verify", { size: null }],
  ["commp my.car", "commp", { file: "my.car" }],
  ["devnet advance", "devnet advance", { epochs: 1 }],
  ["devnet advance 10", "devnet advance", { epochs: 10 }],
  ["config show", "config show", {}],
  ["--version", "version", {}],
  ["-V --json", "version", {}],
];

describe("a command line", () => {
  it.each(PARSED)("%s", async (line, path, input) => {
    const { commands, seen } = recorders();
    expect(await padma(line, { commands })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(seen).toEqual([{ path, input }]);
  });
});

describe("a command line that no command takes", () => {
  const REFUSED = [
    "sectos",
    "sectors lst",
    "pledge-sector --cout 3",
    "pledge-sector --count 0",
    "pledge-sector --count 1.5",
    "pledge-sector --deal sold",
    "pledge-sector --max-sealing -1",
    "init --sector-size 3KiB",
    "run --patience 10",
    "sectors list --states Sealed",
    "sectors status",
    "sectors status three",
    "sectors why 1 2",
    "devnet advance 0",
    "info --log-level loud",
  ];

  it.each(REFUSED)("%s ends with exit code 2, runs nothing and prints nothing on stdout", async (line) => {
    const { commands, seen } = recorders();
    const ended = await padma(line, { commands });
    expect([ended.code, ended.stdout, seen]).toEqual([2, "", []]);
    expect(ended.stderr).toMatch(/^padma: .*\n([ ]{2}.*\n)*→ padma .*--help\n$/);
  });

  it("names the flag, what is allowed and the help", async () => {
    expect((await padma("init --sector-size 3KiB")).stderr).toMatchInlineSnapshot(`
      "padma: --sector-size cannot be "3KiB"
        allowed: 2KiB, 8MiB, 512MiB, 32GiB or 64GiB
      → padma init --help
      "
    `);
  });

  it("suggests the command that was meant", async () => {
    expect((await padma("sectors lst")).stderr).toMatchInlineSnapshot(`
      "padma: unknown command 'lst'
        hint: Did you mean list?
      → padma sectors --help
      "
    `);
  });

  it("is an error in JSON when JSON was asked for", async () => {
    const { code, stdout, stderr } = await padma("pledge-sector --count x --json");
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "USAGE",
        message: '--count cannot be "x"',
        facts: { allowed: "a whole number from 1" },
        next: "padma pledge-sector --help",
      },
    });
  });
});

describe("help", () => {
  it("lists the commands on stdout, also without any word", async () => {
    const asked = await padma("--help");
    expect(asked).toEqual(await padma(""));
    expect([asked.code, asked.stderr]).toEqual([0, ""]);
    const list = asked.stdout.slice(asked.stdout.indexOf("Commands:"));
    expect(list).toMatchInlineSnapshot(`
      "Commands:
        init [options]           make a repo and its miner: on a devnet, or a Lotus
                                 network
        sectors                  make sectors, look at them, put them right
        pledge-sector [options]  make new sectors and seal them
        run [options]            do the work: drive all sectors until stopped
        info                     show the miner: power, balances, sectors, drivers
        params                   Groth16 parameters: see, make, fetch and check them
        commp <file>             compute the piece commitment of a file
        bench [options] <phase>  measure a phase of the proofs, alone or against the
                                 reference
        devnet                   the embedded chain
        message                  messages of the chain as bytes and as JSON
        address                  addresses in all their forms
        auth                     tokens for the devnet as a node
        config                   the configuration
        version                  print the versions of padma, Node and the native
                                 module, and the CPU

      Exit codes: 0 done, 1 the work failed, 2 wrong use or configuration,
      75 try again later, 130 interrupted (the sector goes on later).
      "
    `);
  });

  it("of a group lists its commands", async () => {
    const { code, stdout } = await padma("sectors");
    expect(code).toBe(0);
    const words = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z-]+)/gm)].map(
      ([, word]) => word,
    );
    expect(words).toEqual(["pledge", "list", "status", "why", "verify", "update-state"]);
  });

  it.each(["sectors pledge", "sectors status", "run", "params generate"])(
    "of %s names every option",
    async (words) => {
      const { commands } = recorders();
      const { stdout, code } = await padma(`${words} --help`);
      expect(code).toBe(0);
      const command = commands.find(({ path }) => path.join(" ") === words);
      for (const { flags } of Object.values(command?.options ?? {})) expect(stdout).toContain(flags);
      expect(stdout).toContain("--json");
    },
  );
});
