import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../../..");
const main = path.join(root, "src/cli/main.ts");
const env = { PATH: "/usr/bin:/bin", PADMA_PATH: "/nowhere" };

describe("the program", () => {
  it("ends quietly when nobody reads its output any more", () => {
    // `true` is gone long before node has something to print.
    const script = `"${process.execPath}" "${main}" config default | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect([stdout, stderr]).toEqual(["0\n", ""]);
  });

  it("keeps its exit code when nobody reads its errors", () => {
    const script = `"${process.execPath}" "${main}" sectors list 2>&1 | true; echo "\${PIPESTATUS[0]}"`;
    expect(
      spawnSync("bash", ["--norc", "-c", script], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }).stdout,
    ).toBe("2\n");
  });

  it("prints JSON and nothing else on stdout", () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, "config", "default", "--json"], {
      env,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ sealing: { sectorSize: "2KiB" }, limits: { memory: null } });
  });
});

/** Listens to signals as a working command does, and goes on until it is ended. */
const LISTENER = `
  import { listen } from ${JSON.stringify(path.join(root, "src/cli/interrupt.ts"))};
  listen(() => console.log("stopping")).signal.addEventListener("abort", () => console.log("aborted"));
  setInterval(() => {}, 1000);
  console.log("ready");
`;

describe("Ctrl-C", () => {
  async function listener(): Promise<{
    child: ChildProcess;
    saw: (word: string) => Promise<void>;
    end: Promise<number | null>;
  }> {
    const child = spawn(process.execPath, ["--input-type=module", "-e", LISTENER], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const saw = async (word: string): Promise<void> => {
      while (!output.includes(word)) await once(child.stdout, "data");
    };
    const end = once(child, "exit").then(([code]) => code as number | null);
    await saw("ready");
    return { child, saw, end };
  }

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "once (%s) asks to stop, and a second one ends at once with 130",
    async (signal) => {
      const { child, saw, end } = await listener();
      child.kill(signal);
      await saw("aborted");
      // The same key press may arrive twice within a moment; this one is another.
      const again = setInterval(() => child.kill("SIGINT"), 60);
      expect(await end).toBe(130);
      clearInterval(again);
    },
  );
});
