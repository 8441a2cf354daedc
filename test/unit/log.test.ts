import { describe, expect, it } from "vitest";
import { createLog, type LogLevel } from "../../src/log.ts";

function written(
  format: "plain" | "json",
  level: LogLevel,
  use: (log: ReturnType<typeof createLog>) => void,
): string[] {
  const lines: string[] = [];
  use(createLog({ level: () => level, format, write: (line) => lines.push(line), now: () => 0 }));
  return lines;
}

describe("a log", () => {
  it("writes what is at least as severe as its level", () => {
    const lines = written("plain", "warn", (log) => {
      log.debug("a");
      log.info("b");
      log.warn("c");
      log.error("d");
    });
    expect(lines).toEqual(["1970-01-01T00:00:00.000Z warn  c", "1970-01-01T00:00:00.000Z error d"]);
  });

  it("asks for its level at each line", () => {
    let level: LogLevel = "error";
    const lines: string[] = [];
    const log = createLog({
      level: () => level,
      format: "plain",
      write: (line) => lines.push(line),
      now: () => 0,
    });
    log.info("before");
    level = "info";
    log.info("after");
    expect(lines).toHaveLength(1);
  });

  it("puts data beside the text, for people", () => {
    const data = { sector: 3, cid: "bafy", text: "two words", size: 5n, error: new TypeError("no") };
    const [line] = written("plain", "info", (log) => log.info("moved", data));
    expect(line).toBe(
      '1970-01-01T00:00:00.000Z info  moved sector=3 cid=bafy text="two words" size="5" error={"message":"no"}',
    );
  });

  it("is one JSON object a line, for programs", () => {
    const error = Object.assign(new Error("no"), { code: "ENOENT" });
    const [line = ""] = written("json", "info", (log) => log.info("moved", { sector: 3, size: 5n, error }));
    expect(JSON.parse(line)).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "info",
      message: "moved",
      sector: 3,
      size: "5",
      error: { message: "no", code: "ENOENT" },
    });
  });
});
