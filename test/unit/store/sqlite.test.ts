import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { translated } from "../../../src/store/sqlite.ts";
import { tempFolder } from "./tempStore.ts";

/** Two connections to one file; the second does not wait. */
function twoConnections() {
  const file = path.join(tempFolder(), "padma.db");
  const first = new DatabaseSync(file);
  first.exec("pragma journal_mode=wal; create table t (x text)");
  const second = new DatabaseSync(file, { timeout: 0 });
  onTestFinished(() => {
    first.close();
    second.close();
  });
  return { file, first, second };
}

describe("translated", () => {
  it("calls a store that another process writes to busy", () => {
    const { file, first, second } = twoConnections();
    first.exec("begin immediate");
    expect(() => translated(file, () => second.exec("begin immediate"))).toThrow(
      expect.objectContaining({ code: "STORE_BUSY", kind: "busy" }),
    );
  });

  it("says when the disk is full", () => {
    const { file, second } = twoConnections();
    second.exec("pragma max_page_count=3");
    const fill = () => second.prepare("insert into t values (?)").run("x".repeat(20_000));
    expect(() => translated(file, fill)).toThrow(
      expect.objectContaining({ code: "STORE_FULL", kind: "failed" }),
    );
  });

  it("says when the file may not be written", () => {
    const { file } = twoConnections();
    const third = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => third.close());
    expect(() => translated(file, () => third.exec("insert into t values ('a')"))).toThrow(
      expect.objectContaining({ code: "STORE_NOT_WRITABLE", kind: "user" }),
    );
  });

  it("passes on what is a bug", () => {
    const { file, second } = twoConnections();
    expect(() => translated(file, () => second.exec("select x from nowhere"))).toThrow("no such table");
  });
});
