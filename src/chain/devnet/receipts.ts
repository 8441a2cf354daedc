/** Receipts in the file: what became of the messages that tipsets executed. */
import { type Epoch, epoch } from "../../units.ts";
import type { Database, Row } from "./database.ts";
import type { Receipt } from "./execute.ts";
import { bytesOf } from "./stateRows.ts";

/** A receipt, and the epoch of the tipset that executed the message: the one after the tipset that included it. */
export interface StoredReceipt extends Receipt {
  readonly executed: Epoch;
}

const COLUMNS = "r.cid, r.executed, r.exit_code, r.returned, r.gas_used, r.error";

export function receiptOf(database: Database, cid: string): StoredReceipt | undefined {
  const row = database.get(`select ${COLUMNS} from receipts r where r.cid = ?`, cid);
  return row === undefined ? undefined : decode(database, row);
}

/** Of the messages that the tipset at an epoch executed, in their order. */
export function receiptsAt(database: Database, executed: Epoch): readonly StoredReceipt[] {
  const sql = `select ${COLUMNS} from receipts r join messages m on m.cid = r.cid where r.executed = ? order by m.seq`;
  return database.all(sql, executed).map((row) => decode(database, row));
}

export function countReceipts(database: Database): number {
  return Number(database.get("select count(*) as n from receipts")?.["n"]);
}

function decode(database: Database, row: Row): StoredReceipt {
  return {
    cid: String(row["cid"]),
    executed: epoch(Number(row["executed"])),
    exitCode: Number(row["exit_code"]),
    returned: bytesOf(database, row, "returned"),
    gasUsed: Number(row["gas_used"]),
    error: row["error"] === null ? null : String(row["error"]),
  };
}
