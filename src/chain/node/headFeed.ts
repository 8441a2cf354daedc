/** What became of the chain's head, for those who follow it. */
import type { Block } from "../devnet/block.ts";
import type { Database } from "../devnet/database.ts";
import type { TipSets } from "../devnet/tipsets.ts";

/** One step of the head: a tipset taken away, or one put on top. */
export interface HeadChange {
  readonly type: "revert" | "apply";
  readonly block: Block;
}

type Listener = (changes: readonly HeadChange[]) => void;

/**
 * Compares the stored head with the one seen before, whichever process moved it. A reorg takes tipsets out of the file,
 * so those that may still be reverted are kept here: as many as are not final.
 */
export class HeadFeed {
  readonly #database: Database;
  readonly #tipsets: TipSets;
  readonly #depth: number;
  readonly #listeners = new Set<Listener>();
  /** The last tipsets of the chain as it was seen, ascending; never empty. */
  #seen: readonly Block[];
  #head: Block;

  constructor(database: Database, tipsets: TipSets, finality: number) {
    this.#database = database;
    this.#tipsets = tipsets;
    this.#depth = finality + 1;
    this.#head = tipsets.head();
    const oldest = this.#head.header.height - finality;
    this.#seen = database.read(() => this.#below(this.#head, ({ header }) => header.height < oldest));
  }

  /** The head that the listeners know. */
  get head(): Block {
    return this.#head;
  }

  /** Listens until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the listeners what is new; one short read when nothing is. */
  look(): void {
    if (this.#tipsets.headCid() === this.head.cid.toString()) return;
    const changes = this.#database.read(() => this.#follow());
    for (const listener of this.#listeners) listener(changes);
  }

  /** From the new head down to a tipset that was seen; what lay above that one is reverted, from the top down. */
  #follow(): readonly HeadChange[] {
    const places = new Map(this.#seen.map(({ cid }, place) => [cid.toString(), place]));
    this.#head = this.#tipsets.head();
    const applied = this.#below(this.#head, ({ cid }) => places.has(cid.toString()));
    const parent = applied[0]?.header.parents[0] ?? this.#head.cid;
    const kept = (places.get(parent.toString()) ?? -1) + 1;
    const reverted = this.#seen.slice(kept).reverse();
    this.#seen = [...this.#seen.slice(0, kept), ...applied].slice(-this.#depth);
    return [
      ...reverted.map((block): HeadChange => ({ type: "revert", block })),
      ...applied.map((block): HeadChange => ({ type: "apply", block })),
    ];
  }

  /** Ascending: a tipset and those below it, down to genesis or to where `end` holds, without that one. */
  #below(top: Block, end: (block: Block) => boolean): readonly Block[] {
    const blocks: Block[] = [];
    for (let block: Block | undefined = top; block !== undefined && !end(block);) {
      blocks.push(block);
      block = this.#tipsets.before(block.header.height);
    }
    return blocks.reverse();
  }
}
