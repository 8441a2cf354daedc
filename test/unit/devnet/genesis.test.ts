import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../../src/chain/devnet/database.ts";
import { openDevnet } from "../../../src/chain/devnet/devnet.ts";
import { createDevnet, verifyingKeyDigest } from "../../../src/chain/devnet/genesis.ts";
import { paddedSize } from "../../../src/units.ts";
import { decodeCbor } from "../../../src/wire/cbor.ts";
import { cidOfBytes } from "../../../src/wire/cid.ts";
import { inconsistencies } from "./consistency.ts";
import { CHOICES, signatures, temporaryFolder, TestClock, testDevnet } from "./harness.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";
import { MINER_ADDRESS, sendMessage } from "./messages.ts";

const deps = { now: new TestClock().now, verifier: new ScriptedVerifier(), signatures };

async function closedDevnet(): Promise<string> {
  const { chain, path } = await testDevnet();
  for (let i = 0; i < 40; i += 1) await chain.advance(1);
  await chain.close();
  return path;
}

describe("a new devnet", () => {
  it("has the walkthrough's parameters, funded accounts and a miner without power", async () => {
    const { chain, clock } = await testDevnet();
    expect(chain.network).toEqual({
      kind: "devnet",
      name: "padma-devnet",
      isLocal: true,
      addressPrefix: "t",
      genesisMs: clock.ms,
      blockDelayMs: 1000,
      preCommitChallengeDelay: 8,
      finality: 900,
      maxPreCommitRandomnessLookback: 3780,
      maxProveCommitDuration: 86_408,
    });
    const miner = await chain.miner();
    const { accounts, verifyingKeyDigest: digest } = await chain.status();
    expect(miner).toEqual({
      id: 1000,
      address: "t01000",
      control: [],
      sectorSize: 2048,
      sealProof: 5,
      owner: accounts.owner,
      worker: accounts.worker,
    });
    expect(accounts.owner).toMatch(/^t3/);
    expect(accounts.client).toMatch(/^t1/);
    expect(digest).toBe(verifyingKeyDigest(CHOICES.verifyingKey));
    expect(await chain.power()).toMatchObject({ minerRaw: 0n, totalRaw: 0n, hasMinPower: false });
    expect((await chain.balances()).worker).toBe(10n ** 24n);
  });

  it("keeps its keys for its owner's eyes", async () => {
    const { path } = await testDevnet();
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("has keys of its own", async () => {
    const [one, two] = await Promise.all([testDevnet(), testDevnet()]);
    expect((await one.chain.status()).accounts).not.toEqual((await two.chain.status()).accounts);
  });

  it("is made once: a second time leaves what is there", async () => {
    const { chain, clock, path, reopen } = await testDevnet();
    await chain.advance(3);
    clock.pass(5000);
    expect(await createDevnet(path, CHOICES, { now: clock.now, signatures })).toBe(false);
    expect((await reopen().storedHead()).epoch).toBe(3);
  });

  it.each([
    ["sectorSize", { sectorSize: paddedSize(8_388_608) }, "2048 there, 8388608 wanted"],
    ["name", { name: "another" }, "padma-devnet there, another wanted"],
    ["instant", { instant: true }, "false there, true wanted"],
    ["blockDelayMs", { blockDelayMs: 5 }, "1000 there, 5 wanted"],
    ["finality", { finality: 5 }, "900 there, 5 wanted"],
    ["preCommitChallengeDelay", { preCommitChallengeDelay: 5 }, "8 there, 5 wanted"],
    ["verifyingKeyDigest", { verifyingKey: new Uint8Array(3) }, expect.stringMatching(/ there, .* wanted/)],
  ])(
    "with another %s than the one that is there is refused, and leaves that as it is",
    async (key, choice, words) => {
      const { path, reopen } = await testDevnet();
      const refused = createDevnet(path, { ...CHOICES, ...choice }, deps);
      await expect(refused).rejects.toMatchObject({
        code: "CHAIN_DEVNET_DIFFERS",
        kind: "user",
        facts: { file: path, [key]: words },
      });
      expect(reopen().network).toMatchObject({ name: "padma-devnet", blockDelayMs: 1000, finality: 900 });
    },
  );

  it.each([1, 900, 5000])("takes fresh tickets for a day, with a finality of %i", async (finality) => {
    const { network } = (await testDevnet({ finality })).chain;
    expect(network.maxPreCommitRandomnessLookback - finality).toBe(2880);
  });

  it.each([
    ["a sector size that the network does not know", { sectorSize: paddedSize(4096) }],
    ["no block delay", { blockDelayMs: 0 }],
    ["a finality without end", { finality: 365 * 2880 + 1 }],
    ["more challenge delay than there is time to prove", { preCommitChallengeDelay: 86_401 }],
    ["half an epoch of challenge delay", { preCommitChallengeDelay: 0.5 }],
    ["an empty name", { name: "" }],
  ])("is refused with %s", async (_what, choice) => {
    const path = join(temporaryFolder(), "devnet.db");
    await expect(createDevnet(path, { ...CHOICES, ...choice }, deps)).rejects.toMatchObject({
      code: "CHAIN_DEVNET_OPTION",
      kind: "user",
    });
  });

  it("says that it cannot be written", async () => {
    await expect(createDevnet("/proc/devnet.db", CHOICES, deps)).rejects.toMatchObject({
      code: "CHAIN_NOT_WRITABLE",
      facts: { file: "/proc/devnet.db" },
    });
  });
});

describe("blocks", () => {
  it("are Filecoin headers whose CIDs are the hash of their canonical CBOR, linked to their parents", async () => {
    const { chain, path } = await testDevnet();
    await chain.push(sendMessage(MINER_ADDRESS, 1n));
    for (let i = 0; i < 4; i += 1) await chain.advance(2);
    const file = new DatabaseSync(path, { readOnly: true });
    const rows = file.prepare("select cid, header from tipsets order by epoch").all();
    file.close();
    expect(rows.length).toBeGreaterThan(4);
    rows.forEach((row, i) => {
      const header = row["header"] as Uint8Array;
      expect(cidOfBytes(header).toString()).toBe(row["cid"]);
      const fields = decodeCbor(header) as unknown[];
      expect(fields).toHaveLength(16);
      if (i > 0) expect(String((fields[5] as unknown[])[0])).toBe(rows[i - 1]?.["cid"]);
    });
  });
});

describe("a file that cannot be trusted", () => {
  it("is missing", () => {
    const path = join(temporaryFolder(), "devnet.db");
    expect(() => openDevnet(path, deps)).toThrow(
      expect.objectContaining({
        code: "CHAIN_DEVNET_MISSING",
        next: expect.stringMatching(/^restore padma.db and devnet.db together.*padma init/),
      }),
    );
  });

  const damages: readonly [what: string, damage: (path: string) => void][] = [
    ["empty", (path) => truncateSync(path, 0)],
    ["cut short", (path) => truncateSync(path, 8192)],
    ["text", (path) => writeFileSync(path, "hello ".repeat(1000))],
    ["without its head's header", (path) => edit(path, "update tipsets set header = x'80' where epoch = 40")],
    [
      "with a changed header",
      (path) =>
        edit(
          path,
          "update tipsets set header = (select header from tipsets where epoch = 39) where epoch = 40",
        ),
    ],
    ["without genesis", (path) => edit(path, "delete from genesis")],
    ["with unreadable parameters", (path) => edit(path, "update genesis set parameters = '{}'")],
    ["with another verifying key", (path) => edit(path, "update genesis set verifying_key = x'01'")],
    ["of another program", (path) => edit(path, "pragma application_id = 1")],
    ["with zeros in the middle", (path) => overwrite(path, 4096)],
  ];
  it.each(damages)("is refused when it is %s", async (_what, damage) => {
    const path = await closedDevnet();
    damage(path);
    expect(() => openDevnet(path, deps)).toThrow(
      expect.objectContaining({
        code: "CHAIN_DATABASE_DAMAGED",
        facts: expect.objectContaining({ file: path }),
        next: expect.stringContaining("padma init"),
      }),
    );
    const before = readFileSync(path);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is refused when a newer padma wrote it", async () => {
    const path = await closedDevnet();
    edit(path, "pragma user_version = 99");
    expect(() => openDevnet(path, deps)).toThrow(expect.objectContaining({ code: "CHAIN_DATABASE_VERSION" }));
  });

  it("is noticed when a row of the state cannot be read", async () => {
    const path = await closedDevnet();
    edit(path, "update state set value = x'8001' where key = 'actor/1000'");
    const chain = openDevnet(path, deps);
    await expect(chain.balances()).rejects.toMatchObject({
      code: "CHAIN_DATABASE_DAMAGED",
      facts: { file: path, reason: "actor/1000 in the state cannot be read" },
    });
    await chain.close();
  });

  it("stops the chain when the signature of a pending message was changed", async () => {
    const { chain, path, reopen } = await testDevnet();
    await chain.push(sendMessage(MINER_ADDRESS, 1n));
    await chain.close();
    edit(
      path,
      "update messages set signature = cast(substr(signature, 1, length(signature) - 1) || x'00' as blob)",
    );
    await expect(reopen().advance(1)).rejects.toMatchObject({ code: "CHAIN_DATABASE_DAMAGED" });
  });
});

describe("a file that SQLite cannot use", () => {
  it("is named when it is no file", () => {
    const path = join(temporaryFolder(), "devnet.db");
    mkdirSync(path);
    expect(() => openDevnet(path, deps)).toThrow(
      expect.objectContaining({
        code: "CHAIN_NOT_WRITABLE",
        kind: "user",
        facts: expect.objectContaining({ file: path }),
      }),
    );
  });

  it("is named when this process may not write it", async () => {
    const path = await closedDevnet();
    const database = openDatabase(path);
    onTestFinished(() => database.close());
    database.exec("pragma query_only = on"); // the same result code as for a file of somebody else, also for root
    expect(() => database.run("delete from receipts")).toThrow(
      expect.objectContaining({ code: "CHAIN_NOT_WRITABLE", kind: "user" }),
    );
  });

  it("is as it was after its disk was full, and goes on once there is room", async () => {
    const { chain, path, reopen } = await testDevnet();
    await chain.close();
    const database = openDatabase(path);
    onTestFinished(() => database.close());
    const pages = Number(database.get("pragma page_count")?.["page_count"]);
    database.exec(`pragma max_page_count = ${pages}`);
    const fill = () =>
      database.write(() =>
        database.run("insert into state (key, value) values ('filler', zeroblob(100000))"),
      );
    expect(fill).toThrow(expect.objectContaining({ code: "CHAIN_DATABASE_FULL", kind: "busy" }));
    database.close();
    const again = reopen();
    const { cid } = await again.push(sendMessage(MINER_ADDRESS, 1n));
    await again.advance(2);
    expect((await again.lookup([cid])).get(cid)).toMatchObject({ exitCode: 0 });
    expect(inconsistencies(path)).toEqual([]);
  });
});

describe("a file that another process keeps locked", () => {
  it("is busy: the same command may succeed later", async () => {
    const { chain, path } = await testDevnet({}, { busyTimeoutMs: 50 });
    const locker = new DatabaseSync(path);
    locker.exec("begin immediate");
    const message = sendMessage(MINER_ADDRESS, 1n);
    await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_BUSY", kind: "busy" });
    expect((await chain.storedHead()).epoch).toBe(0); // readers do not wait
    locker.exec("rollback");
    locker.close();
    await chain.push(message);
    expect((await chain.status()).pendingMessages).toBe(1);
  });
});

function edit(path: string, sql: string): void {
  const file = new DatabaseSync(path);
  file.exec(sql);
  file.close();
}

function overwrite(path: string, at: number): void {
  const file = openSync(path, "r+");
  writeSync(file, new Uint8Array(3 * 4096), 0, 3 * 4096, at);
  closeSync(file);
}
