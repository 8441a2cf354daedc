import type { Migration } from "kysely/migration";
import { up as first } from "./0001-first.ts";
import { up as footings } from "./0002-footings.ts";

/** Every migration by its name, in the order of the names. A shipped one never changes: a new one follows it. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first": { up: first },
  "0002-footings": { up: footings },
};
