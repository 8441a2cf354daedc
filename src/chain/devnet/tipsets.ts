import { type Epoch, millis } from "../../units.ts";
import { cidOfBytes, parseCid } from "../../wire/cid.ts";
import type { TipSet } from "../chain.ts";
import { type Block, decodeHeader } from "./block.ts";
import { damaged, type Database, type Row } from "./database.ts";
import type { DevnetParameters } from "./parameters.ts";

/** The stored tipsets, each of one block. */
export class TipSets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  head(): Block {
    const row = this.#database.get("select cid, header from tipsets order by epoch desc limit 1");
    if (row === undefined) throw damaged(this.#database.path, "there is no genesis block");
    return this.#block(row);
  }

  /** The CID of the head's block: one short read, to see whether the chain has moved. */
  headCid(): string {
    return String(this.#database.get("select cid from tipsets order by epoch desc limit 1")?.["cid"]);
  }

  /** The tipset of a block; undefined when the chain has none, or no longer has it. */
  byCid(cid: string): Block | undefined {
    const row = this.#database.get("select cid, header from tipsets where cid = ?", cid);
    return row === undefined ? undefined : this.#block(row);
  }

  /** The tipset at an epoch, or the next one; undefined above the head. */
  atOrAfter(at: Epoch): Block | undefined {
    const sql = "select cid, header from tipsets where epoch >= ? order by epoch limit 1";
    const row = this.#database.get(sql, at);
    return row === undefined ? undefined : this.#block(row);
  }

  /** The tipset at an epoch, or the one below it; that of genesis for every epoch before. */
  atOrBefore(at: Epoch): Block {
    const sql = "select cid, header from tipsets where epoch <= ? order by epoch desc limit 1";
    const row = this.#database.get(sql, Math.max(0, at));
    if (row === undefined) throw damaged(this.#database.path, "there is no genesis block");
    return this.#block(row);
  }

  /** @throws PadmaError CHAIN_DATABASE_DAMAGED when the last block is not what its CID says. */
  checkHead(): void {
    const head = this.head();
    if (cidOfBytes(head.encoded).toString() !== head.cid.toString()) {
      throw damaged(this.#database.path, `tipset ${head.cid.toString()} does not have its CID`);
    }
  }

  /** The tipset below an epoch. */
  before(at: Epoch): Block | undefined {
    const sql = "select cid, header from tipsets where epoch < ? order by epoch desc limit 1";
    const row = this.#database.get(sql, at);
    return row === undefined ? undefined : this.#block(row);
  }

  count(): number {
    return Number(this.#database.get("select count(*) as n from tipsets")?.["n"]);
  }

  insert(block: Block): void {
    this.#database.run(
      "insert into tipsets (epoch, cid, header) values (?, ?, ?)",
      block.header.height,
      block.cid.toString(),
      block.encoded,
    );
  }

  delete(at: Epoch): void {
    this.#database.run("delete from tipsets where epoch = ?", at);
  }

  #block(row: Row): Block {
    const { cid, header } = row;
    if (typeof cid !== "string" || !(header instanceof Uint8Array)) {
      throw damaged(this.#database.path, "a tipset has no header");
    }
    try {
      return { header: decodeHeader(header), encoded: header, cid: parseCid(cid) };
    } catch (cause) {
      throw damaged(this.#database.path, `the header of tipset ${cid} cannot be read`, cause);
    }
  }
}

/** As the interface shows a tipset. The chain's clock decides its time, so an instant devnet's is ahead of the wall's. */
export function tipSetOf(block: Block, parameters: DevnetParameters): TipSet {
  const { height } = block.header;
  const timestampMs = millis(parameters.genesisMs + height * parameters.blockDelayMs);
  return { epoch: height, key: [block.cid.toString()], timestampMs };
}
