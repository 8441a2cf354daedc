import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../../src/store/open.ts";
import { tempFolder } from "./tempStore.ts";

it("a store that nobody asked anything is closed all the same", async () => {
  const file = path.join(tempFolder(), "padma.db");
  await (await openStore(file, { create: true })).close();
  const store = await openStore(file);
  expect(existsSync(`${file}-wal`)).toBe(true);
  await store.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
});
