/** What must hold in a devnet's file whoever wrote it, read behind the chain's back. */
import { DatabaseSync } from "node:sqlite";
import { decodeCbor } from "../../../src/wire/cbor.ts";
import { cidOfBytes } from "../../../src/wire/cid.ts";
import { decodeBigint } from "../../../src/wire/bigint.ts";

/** Every way in which the file is not consistent; empty when it is. */
export function inconsistencies(path: string): string[] {
  const file = new DatabaseSync(path);
  try {
    return [...integrity(file), ...links(file), ...landings(file), ...nonces(file), ...funds(file)];
  } finally {
    file.close();
  }
}

function integrity(file: DatabaseSync): string[] {
  const rows = file
    .prepare("pragma integrity_check")
    .all()
    .map((row) => String(row["integrity_check"]));
  return rows.filter((row) => row !== "ok");
}

function links(file: DatabaseSync): string[] {
  const rows = file.prepare("select epoch, cid, header from tipsets order by epoch").all();
  return rows.flatMap((row, i) => {
    const header = row["header"] as Uint8Array;
    const fields = decodeCbor(header) as unknown[];
    const parent = String((fields[5] as unknown[])[0]);
    const wrong = [];
    if (cidOfBytes(header).toString() !== row["cid"])
      wrong.push(`tipset ${text(row["epoch"])} has another CID`);
    if (i > 0 && parent !== rows[i - 1]?.["cid"])
      wrong.push(`tipset ${text(row["epoch"])} has another parent`);
    return wrong;
  });
}

/** Each message is in the tipset after its arrival, and has a receipt from the one after that. */
function landings(file: DatabaseSync): string[] {
  const head = Number(file.prepare("select max(epoch) as n from tipsets").get()?.["n"]);
  const rows = file
    .prepare(
      "select m.cid, arrival, included, r.cid as receipt from messages m left join receipts r on r.cid = m.cid",
    )
    .all();
  return rows.flatMap((row) => {
    const due = Number(row["arrival"]) + 1;
    if (row["included"] === null)
      return due <= head ? [`${text(row["cid"])} should be in tipset ${due}`] : [];
    if (row["included"] !== due)
      return [`${text(row["cid"])} is in tipset ${text(row["included"])}, not ${due}`];
    return (row["receipt"] === null) === due < head
      ? [`${text(row["cid"])}: receipt and head do not fit`]
      : [];
  });
}

function nonces(file: DatabaseSync): string[] {
  const rows = file.prepare("select sender, nonce from messages order by sender, seq").all();
  const next = new Map<string, number>();
  return rows.flatMap((row) => {
    const sender = String(row["sender"]);
    const expected = next.get(sender) ?? 0;
    next.set(sender, expected + 1);
    return row["nonce"] === expected
      ? []
      : [`${sender} used nonce ${text(row["nonce"])} instead of ${expected}`];
  });
}

/** Genesis gives out three million FIL, and nothing makes or loses any. */
function funds(file: DatabaseSync): string[] {
  const total = totalFunds(file);
  return total === 3_000_000n * 10n ** 18n ? [] : [`the actors' balances are ${total} attoFIL together`];
}

function totalFunds(file: DatabaseSync): bigint {
  const rows = file.prepare("select value from state where key like 'actor/%'").all();
  const balances = rows.map((row) =>
    decodeBigint((decodeCbor(row["value"] as Uint8Array) as Uint8Array[])[0] as Uint8Array),
  );
  return balances.reduce<bigint>((sum, balance) => sum + balance, 0n);
}

const text = (value: unknown): string => String(value);
