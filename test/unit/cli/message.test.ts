import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJson } from "../../../src/wire/json.ts";
import { type Ended, padma } from "./program.ts";

/** Messages and returns of a real node. */
const lotus = JSON.parse(
  readFileSync(new URL("../../fixtures/lotus-messages.json", import.meta.url), "utf8"),
) as {
  readonly messages: readonly { readonly Method: number; readonly Params: string | null }[];
  readonly signed: readonly [{ readonly CID: { readonly "/": string } }];
  readonly returns: readonly [{ readonly return: string }];
  readonly controlAddresses: string;
};
const paramsOf = (method: number): string =>
  lotus.messages.find(({ Method }) => Method === method)?.Params ?? "";
const SECTORS = { Sectors: [{ SectorNumber: 2, SealProof: 5, DealIDs: null, UnsealedCid: null }] };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "padma-message-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: string[]): Promise<Ended> => padma(words, { cwd: folder });
/** The hex that encode prints for this JSON. */
async function encoded(json: unknown, ...words: string[]): Promise<string> {
  writeFileSync(path.join(folder, "in.json"), JSON.stringify(json));
  const { code, stdout, stderr } = await run("message", "encode", "--json-file", "in.json", ...words);
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

describe("message decode", () => {
  it("prints the params of a real message as lotus's JSON, and encode gives the bytes back", async () => {
    for (const method of [28, 34]) {
      const told = ["--kind", "params", "--to", "miner", "--method", String(method)];
      const decoded = await run("message", "decode", "--base64", paramsOf(method), ...told, "--json");
      expect([decoded.code, decoded.stderr]).toEqual([0, ""]);
      const json: unknown = JSON.parse(decoded.stdout);
      if (method === 28) expect(json).toMatchObject(SECTORS);
      const hex = await encoded(json, ...told);
      expect(Buffer.from(hex, "hex").toString("base64")).toBe(paramsOf(method));
    }
  });

  it("reads returns, by the method's name too", async () => {
    const commit = ["--kind", "return", "--to", "miner", "--method", "provecommitsectors3", "--json"];
    const { stdout } = await run("message", "decode", "--base64", lotus.returns[0].return, ...commit);
    expect(JSON.parse(stdout)).toEqual({ SuccessCount: 1, FailCodes: null });
    const addresses = ["--kind", "return", "--to", "miner", "--method", "2", "--json"];
    const mainnet = await run(
      "message",
      "decode",
      "--base64",
      lotus.controlAddresses,
      ...addresses,
      "--prefix",
      "f",
    );
    expect(JSON.parse(mainnet.stdout)).toEqual({ Owner: "f0100", Worker: "f0100", ControlAddrs: null });
    const none = await run(
      "message",
      "decode",
      "--hex",
      "",
      "--kind",
      "return",
      "--to",
      "miner",
      "--method",
      "28",
      "--json",
    );
    expect(none.stdout).toBe("null\n");
  });

  it("gives back the JSON of messages and signed messages as lotus showed it", async () => {
    const text = readFileSync(new URL("../../fixtures/lotus-messages.json", import.meta.url), "utf8");
    const exact = parseJson(text) as unknown as { messages: unknown[]; signed: unknown[] };
    for (const [kind, all] of [
      ["message", lotus.messages],
      ["signed-message", lotus.signed],
    ] as const) {
      for (const [i, shown] of all.entries()) {
        if ("Method" in shown && shown.Method === 2) continue; // its gas limit is beyond 2^53: below
        const hex = await encoded(shown, "--kind", kind);
        const { stdout } = await run("message", "decode", "--hex", hex, "--kind", kind, "--json");
        expect(parseJson(stdout)).toEqual((kind === "message" ? exact.messages : exact.signed)[i]);
      }
    }
  });

  it("keeps every digit of a 64-bit number", async () => {
    const text = readFileSync(new URL("../../fixtures/lotus-messages.json", import.meta.url), "utf8");
    const { messages } = parseJson(text) as unknown as { messages: { Method: number; GasLimit: bigint }[] };
    const called = messages.find(({ Method }) => Method === 2);
    expect(called?.GasLimit).toBe(4_611_686_018_427_387_903n);
    const json = JSON.stringify({ ...called, GasLimit: 0 }).replace(
      '"GasLimit":0',
      '"GasLimit":4611686018427387903',
    );
    writeFileSync(path.join(folder, "in.json"), json);
    const { stdout } = await run("message", "encode", "--json-file", "in.json", "--kind", "message");
    const decoded = await run("message", "decode", "--hex", stdout.trim(), "--kind", "message", "--json");
    expect(decoded.stdout).toContain('"GasLimit":4611686018427387903,');
  });

  it("says what it took the bytes for when nobody did", async () => {
    const guessed = await run("message", "decode", "--base64", paramsOf(28), "--method", "28", "--json");
    expect(JSON.parse(guessed.stdout)).toMatchObject(SECTORS);
    expect(JSON.parse(guessed.stderr)).toEqual({
      notice: "taken for the params of miner.PreCommitSectorBatch2 (method 28)",
    });
    const hex = await encoded(lotus.signed[0]);
    const signed = await run("message", "decode", "--hex", `0x${hex.toUpperCase()}`);
    expect(signed.stderr).toBe("taken for a signed message\n");
    expect(signed.stdout).toContain(lotus.signed[0].CID["/"]);
  });

  it("shows a message in words, with its params where the receiver is known or likely", async () => {
    const hex = await encoded(lotus.messages.find(({ Method }) => Method === 28));
    const likely = await run("message", "decode", "--hex", hex, "--kind", "message");
    expect(likely.stdout).toMatch(
      /^CID:\t+bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei\nTo:\t+t01000\n/,
    );
    expect(likely.stdout).toContain("miner.PreCommitSectorBatch2 (method 28), if the receiver is a miner\n");
    expect(likely.stdout).toContain('"SectorNumber": 2');
    const told = await run("message", "decode", "--hex", hex, "--kind", "message", "--to", "miner");
    expect(told.stdout).toContain("miner.PreCommitSectorBatch2 (method 28)\n");
    const market = await run("message", "decode", "--hex", hex, "--kind", "message", "--to", "market");
    expect(market.stdout).toMatch(/Method:\t+28\nParams:\t+8181/);
    const send = await encoded(lotus.messages.find(({ Method }) => Method === 0));
    expect((await run("message", "decode", "--hex", send)).stdout).toMatch(
      /Send \(method 0\)\nParams:\t+none\n$/,
    );
  });
});

describe("message cid", () => {
  const SIGNED = {
    Message: {
      Version: 0,
      To: "t01000",
      From: "t01001",
      Nonce: 0,
      Value: "0",
      GasLimit: 0,
      GasFeeCap: "0",
      GasPremium: "0",
      Method: 0,
      Params: null,
    },
    Signature: { Type: 1, Data: Buffer.alloc(65, 7).toString("base64") },
  };

  it("is that of the message when BLS signed it, and of both for any other key", async () => {
    const message = await run("message", "cid", "--hex", await encoded(SIGNED.Message));
    const signature = { Type: 2, Data: Buffer.alloc(96, 7).toString("base64") };
    const bls = await run("message", "cid", "--hex", await encoded({ ...SIGNED, Signature: signature }));
    const secp = await run("message", "cid", "--hex", await encoded(SIGNED), "--json");
    expect(message.stdout).toMatch(/^bafy2bza/);
    expect(bls.stdout).toBe(message.stdout);
    expect(JSON.parse(secp.stdout)).toEqual({
      kind: "signed-message",
      cid: expect.stringMatching(/^bafy2bza/),
    });
    expect(secp.stdout).not.toContain(message.stdout.trim());
  });

  it("is what lotus shows for a signed message", async () => {
    const hex = await encoded(lotus.signed[0]);
    const { stdout } = await run("message", "cid", "--hex", hex, "--kind", "signed-message");
    expect(stdout).toBe(`${lotus.signed[0].CID["/"]}\n`);
  });
});

describe("stdin", () => {
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const piped = (input: string, ...words: string[]) =>
    execFileSync(process.execPath, [main, "message", ...words], { input, encoding: "utf8", cwd: folder });

  it("takes more than a command line holds: proofs of a hundred sectors and their JSON", () => {
    const proof = Buffer.alloc(1920, 7).toString("base64");
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const params = {
      SectorActivations: numbers.map((n) => ({ SectorNumber: n, Pieces: null })),
      SectorProofs: numbers.map(() => proof),
      AggregateProof: null,
      AggregateProofType: null,
      RequireActivationSuccess: true,
      RequireNotificationSuccess: false,
    };
    const told = ["--kind", "params", "--to", "miner", "--method", "34"];
    const hex = piped(JSON.stringify(params), "encode", ...told, "--json-file", "-");
    expect(hex.length).toBeGreaterThan(2 ** 17);
    expect(JSON.parse(piped(hex, "decode", ...told, "--hex", "-", "--json"))).toEqual(params);
  });
});

describe("what cannot be read", () => {
  it.each<[string, string[], RegExp]>([
    ["no bytes", ["decode", "--to", "miner", "--method", "28"], /no bytes are given\n→ use one of/],
    ["bytes twice", ["decode", "--hex", "80", "--base64", "gA=="], /the bytes are given twice/],
    ["no hex", ["decode", "--hex", "8g"], /not hex/],
    ["half a byte", ["decode", "--hex", "818"], /not hex/],
    ["no base64", ["decode", "--base64", "gY"], /not base64 \(with padding\)/],
    ["neither message", ["decode", "--hex", "8180"], /neither message nor signed-message/],
    ["no method", ["decode", "--hex", "8180", "--kind", "params"], /→ name it with --to and --method/],
    [
      "a method of several",
      ["decode", "--hex", "8180", "--method", "2"],
      /market \(AddBalance\), miner \(Control/,
    ],
    ["an unknown method", ["decode", "--hex", "8180", "--to", "miner", "--method", "33"], /no such method/],
    [
      "a method by name alone",
      ["decode", "--hex", "80", "--to", "miner", "--method", "35"],
      /ProveReplicaUpdates3/,
    ],
    ["an unknown actor", ["decode", "--hex", "80", "--to", "cron", "--method", "1"], /--to cannot be "cron"/],
    ["an unknown kind", ["decode", "--hex", "80", "--kind", "param"], /--kind cannot be "param"/],
    [
      "trailing bytes",
      ["decode", "--hex", "818000", "--kind", "params", "--to", "miner", "--method", "28"],
      /bytes follow/,
    ],
    [
      "a long number",
      ["decode", "--hex", "811800", "--kind", "return", "--method", "TerminateSectors"],
      /shortest form/,
    ],
    [
      "no file",
      ["encode", "--json-file", "none.json"],
      /cannot be read\n {2}file: none.json\n {2}reason: ENOENT/,
    ],
    ["no JSON", ["encode"], /no JSON is given\n→ name a file with --json-file/],
    [
      "a signed one for a plain one",
      ["cid", "--hex", "8180", "--kind", "message"],
      /expected a tuple of 10, found 1/,
    ],
  ])("%s: exit code 2, nothing on stdout", async (_what, words, expected) => {
    const { code, stdout, stderr } = await run("message", ...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(expected);
  });

  it("JSON with a field that lotus has not: the field is named", async () => {
    writeFileSync(path.join(folder, "in.json"), '{"Sectors":[{"SealProf":5}]}');
    const told = ["--kind", "params", "--to", "miner", "--method", "28"];
    const { code, stderr } = await run("message", "encode", "--json-file", "in.json", ...told);
    expect(code).toBe(2);
    expect(stderr).toContain("PreCommitSectorBatch2.Sectors[0]: the field SealProf is not known here");
    writeFileSync(path.join(folder, "in.json"), '{"Sectors":[');
    const cut = await run("message", "encode", "--json-file", "in.json", ...told);
    expect([cut.code, cut.stderr]).toEqual([2, expect.stringContaining("not JSON")]);
  });
});

describe("address convert", () => {
  it.each<[string, object]>([
    ["t01000", { kind: "id", f: "f01000", bytes: "00e807", id: 1000, eth: `0xff${"0".repeat(35)}3e8` }],
    ["00e807", { t: "t01000" }],
    ["0x00e807", { t: "t01000" }],
    ["0xFF000000000000000000000000000000000003E8", { t: "t01000" }],
    ["f09223372036854775807", { id: "9223372036854775807", bytes: "00ffffffffffffffff7f" }],
    [
      "0xd388ab098ed3e84c0d808776440b48f685198498",
      {
        kind: "delegated",
        f: "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy",
        id: null,
        namespace: 10,
        subaddress: "d388ab098ed3e84c0d808776440b48f685198498",
      },
    ],
    ["t17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy", { kind: "secp256k1", eth: null, namespace: null }],
  ])("%s", async (given, expected) => {
    const { code, stdout, stderr } = await run("address", "convert", given, "--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });

  it("shows them in words", async () => {
    expect((await run("address", "convert", "f01000")).stdout).toBe(
      `Kind:\t\tid (protocol 0)\nMainnet:\tf01000\nOthers:\t\tt01000\nBytes:\t\t00e807\nID:\t\t1000\n` +
        `Ethereum:\t0xff${"0".repeat(35)}3e8\n`,
    );
  });

  it.each<[string, RegExp]>([
    ["hello", /in any form/],
    ["t0100x", /decimal/],
    ["05e807", /unknown address protocol/],
    ["00e8", /varint is cut short/],
    ["0xD388ab098ed3e84c0d808776440b48f685198498", /checksum/],
    ["f410f2oekwcmo3pueydmaq53eic2i62crtbeyuzx2gmy", /checksum/],
    ["t17uoq6tp427uzv8fztkbsnn64iwotfrristwpryy", /base32/],
  ])("refuses %s", async (given, expected) => {
    const { code, stdout, stderr } = await run("address", "convert", given);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(expected);
  });
});
