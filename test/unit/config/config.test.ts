import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configToml, defaultConfigToml, loadConfig, withoutSecrets } from "../../../src/config/config.ts";
import { PadmaError } from "../../../src/errors.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "padma-config-"));
  file = path.join(folder, "config.toml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What loading this text says, without the folder's name. */
function refusal(text: string, env: Record<string, string> = {}): object {
  writeFileSync(file, text);
  try {
    loadConfig(file, env);
  } catch (error) {
    if (!(error instanceof PadmaError)) throw error;
    const facts = Object.fromEntries(Object.entries(error.facts).filter(([name]) => name !== "file"));
    return { code: error.code, kind: error.kind, message: error.message, facts };
  }
  throw new Error("it was accepted");
}

describe("the configuration", () => {
  it("is the default where there is no file", () => {
    expect(loadConfig(file, {})).toMatchObject({
      sealing: { sectorSize: "2KiB", maxSealing: 0, finality: 900, retryMaxMs: 1_800_000 },
      limits: { memory: null, cores: 0, c2: 1 },
      parameters: { seed: "padma-devnet-1", dir: null },
    });
  });

  it("that is printed as the default is the default, line by line", () => {
    const text = defaultConfigToml();
    writeFileSync(file, text);
    expect(loadConfig(file, {})).toEqual(loadConfig("/nonexistent", {}));
    writeFileSync(file, text.replaceAll(/^#(\w+ = )/gm, "$1"));
    expect(loadConfig(file, {})).toEqual(loadConfig("/nonexistent", {}));
  });

  it("takes the overrides of init", () => {
    writeFileSync(file, defaultConfigToml({ sealing: { sectorSize: "8MiB", finality: 10 } }));
    expect(loadConfig(file, {})).toMatchObject({ sealing: { sectorSize: "8MiB", finality: 10 } });
  });

  it("printed as it is in force is read back the same", () => {
    const config = loadConfig(file, { PADMA_LIMITS_MEMORY: "1.5GiB", PADMA_PARAMETERS_DIR: 'a "b"\\c' });
    expect(config.limits.memory).toBe(1_610_612_736);
    writeFileSync(file, configToml(config));
    expect(loadConfig(file, {})).toEqual(config);
  });

  it("is overridden by the environment", () => {
    writeFileSync(file, "[sealing]\nfinality = 10\n[limits]\nc2 = 2\n");
    const env = { PADMA_SEALING_FINALITY: "5", PADMA_LIMITS_C2: "3", PADMA_LOG_LEVEL: "debug" };
    expect(loadConfig(file, env)).toMatchObject({
      sealing: { finality: 5 },
      limits: { c2: 3 },
      log: { level: "debug" },
    });
  });

  it("has other defaults on another network, which the file and the environment override", () => {
    const defaults = { sealing: { messageConfidence: 5, seedConfidence: 6 } };
    writeFileSync(file, "[sealing]\nseed_confidence = 2\n");
    expect(loadConfig(file, {}, defaults).sealing).toMatchObject({ messageConfidence: 5, seedConfidence: 2 });
    const env = { PADMA_SEALING_MESSAGE_CONFIDENCE: "3" };
    expect(loadConfig(file, env, defaults).sealing).toMatchObject({ messageConfidence: 3 });
  });

  it("reads an amount of FIL, and writes it back", () => {
    const config = loadConfig(null, { PADMA_NETWORK_MAX_FEE: "0.05" });
    expect(config.network.maxFee).toBe(50_000_000_000_000_000n);
    expect(configToml(config)).toContain('max_fee = "0.05"');
    expect(loadConfig(null, {}).network.maxFee).toBeNull();
    for (const wrong of ["0", "0.0", "1e-2", "-1", "five"]) {
      expect(() => loadConfig(null, { PADMA_NETWORK_MAX_FEE: wrong })).toThrow(/max_fee|MAX_FEE/i);
    }
  });

  it("reads addresses and yes or no", () => {
    writeFileSync(
      file,
      '[addresses]\npre_commit_control = "t01001, t01002"\ndisable_owner_fallback = true\n',
    );
    const env = { PADMA_ADDRESSES_DISABLE_WORKER_FALLBACK: "true" };
    expect(loadConfig(file, env).addresses).toEqual({
      preCommitControl: ["t01001", "t01002"],
      commitControl: [],
      dealPublishControl: [],
      disableOwnerFallback: true,
      disableWorkerFallback: true,
    });
  });

  it("shows a node's address without its token and its password", () => {
    const apiInfo =
      "eyJhb.c1-_a:/ip4/127.0.0.1/tcp/1234/http,other:https://node.example/rpc/v1,ws://127.0.0.1:1,eyJhb.bare," +
      "eyJhb.x:https://me:p@ss@node.example/rpc,wss://me@node.example";
    const config = loadConfig(null, { PADMA_NETWORK_API_INFO: apiInfo });
    expect(config.network.apiInfo).toBe(apiInfo);
    expect(withoutSecrets(config)).toEqual({
      ...config,
      network: {
        ...config.network,
        apiInfo:
          "…:/ip4/127.0.0.1/tcp/1234/http,…:https://node.example/rpc/v1,ws://127.0.0.1:1,…,…:https://…@node.example/rpc,wss://…@node.example",
      },
    });
  });

  it("leaves variables of others alone", () => {
    expect(() => loadConfig(file, { PADMA_PATH: "/x", PADMA_CACHE: "/y", PADMA_NODE: "/z" })).not.toThrow();
  });
});

describe("a configuration that cannot be", () => {
  it("refuses a wait that no timer keeps", () => {
    for (const ms of [2 ** 31, 86_400_001]) {
      expect(refusal(`[sealing]\npc1_wait_ms = ${ms}\n`)).toMatchObject({
        code: "CONFIG_INVALID",
        kind: "user",
        facts: { allowed: "a whole number from 0 to 86400000" },
      });
    }
    writeFileSync(file, "[sealing]\npc1_wait_ms = 86400000\n");
    expect(loadConfig(file, {}).sealing.pc1WaitMs).toBe(86_400_000);
  });

  it("names the setting, its line and what is allowed", () => {
    expect(refusal('[sealing]\n\nfinality = "soon"\n')).toMatchInlineSnapshot(`
      {
        "code": "CONFIG_INVALID",
        "facts": {
          "allowed": "a whole number from 1",
          "line": 3,
          "value": ""soon"",
        },
        "kind": "user",
        "message": "sealing.finality cannot be that",
      }
    `);
  });

  it("names a misspelt setting and those that there are", () => {
    expect(refusal("[limits]\ncors = 2\n")).toMatchInlineSnapshot(`
      {
        "code": "CONFIG_INVALID",
        "facts": {
          "allowed": "memory, cores, c2",
          "line": 2,
        },
        "kind": "user",
        "message": "there is no setting limits.cors",
      }
    `);
  });

  it("names a section that does not exist", () => {
    expect(refusal("[seeling]\nfinality = 2\n")).toMatchObject({
      message: "there is no section [seeling]",
      facts: { line: 1 },
    });
  });

  it.each(["[devnet]\ninstant = true\n", '[network]\nkind = "devnet"\n', '[network]\nactor = "t01000"\n'])(
    "refuses %j: genesis facts are no settings, a change of them would do nothing",
    (text) => expect(refusal(text)).toMatchObject({ message: expect.stringMatching(/^there is no se/) }),
  );

  it("names a key outside of any section", () => {
    expect(refusal('level = "debug"\n')).toMatchObject({ message: "there is no section [level]" });
  });

  it("names the line where it is no TOML", () => {
    expect(refusal("[sealing]\nfinality = = 2\n")).toMatchObject({
      code: "CONFIG_INVALID",
      facts: { line: 2 },
    });
  });

  it("names the variable", () => {
    expect(refusal("", { PADMA_LIMITS_C2: "many" })).toMatchInlineSnapshot(`
      {
        "code": "CONFIG_INVALID",
        "facts": {
          "allowed": "a whole number from 1",
          "value": "many",
          "variable": "PADMA_LIMITS_C2",
        },
        "kind": "user",
        "message": "limits.c2 cannot be that",
      }
    `);
  });

  it("names a misspelt variable", () => {
    expect(refusal("", { PADMA_LIMITS_CORS: "2" })).toMatchObject({
      message: "there is no setting for PADMA_LIMITS_CORS",
    });
  });

  it.each([
    ["[sealing]\nfinality = 0", "sealing.finality"],
    ["[sealing]\nfinality = 1.5", "sealing.finality"],
    ['[sealing]\nsector_size = "3KiB"', "sealing.sector_size"],
    ['[limits]\nmemory = "lots"', "limits.memory"],
    ['[parameters]\nseed = "../up"', "parameters.seed"],
    ['[addresses]\ncommit_control = "t01001, me"', "addresses.commit_control"],
    ["[network]\nproven_elsewhere = 1", "network.proven_elsewhere"],
  ])("%j is refused", (text, name) =>
    expect(refusal(text)).toMatchObject({ kind: "user", message: `${name} cannot be that` }),
  );

  it("is also a file that cannot be read", () => {
    mkdirSync(file);
    expect(() => loadConfig(file, {})).toThrow(
      expect.objectContaining({ code: "CONFIG_UNREADABLE", kind: "user" }),
    );
  });
});
