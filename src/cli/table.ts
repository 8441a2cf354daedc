/** Columns as lotus's tablewriter sets them: every cell padded to its column and followed by two spaces. */
import type { Paint } from "./output.ts";

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface Column<Row> {
  readonly name: string;
  /** Null: this row has nothing here. A column that no row fills is left out. */
  readonly cell: (row: Row) => Cell | string | null;
  /** Written on a line of its own under the row, as lotus does with errors. */
  readonly below?: boolean;
}

const GAP = "  ";

/** The whole table, one line a row, header first; columns nobody needs are left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const filled = rows.map((row) => columns.map(({ cell }) => toCell(cell(row))));
  const used = columns.map(({ name, below = false }, index) => ({ name, below, index }));
  const across = used
    .filter(({ below, index }) => !below && has(filled, index))
    .map(({ name, index }) => ({
      index,
      name,
      width: Math.max(name.length, ...filled.map((cells) => cells[index]?.text.length ?? 0)),
    }));
  const header = across.map(({ name, width }) => name.padEnd(width) + GAP).join("");
  const lines = filled.flatMap((cells) => [
    across.map(({ index, width }) => padded(cells[index] ?? null, width) + GAP).join(""),
    ...used
      .filter(({ below, index }) => below && cells[index])
      .map(({ name, index }) => `  ${name}: ${shown(cells[index] ?? null)}`),
  ]);
  return [header, ...lines].join("\n");
}

/** A large table has too many rows for `Math.max(...)` on one column after the other to matter, and none for the stack. */
const has = (filled: readonly (readonly (Cell | null)[])[], index: number): boolean =>
  filled.some((cells) => cells[index] !== null);

const toCell = (cell: Cell | string | null): Cell | null =>
  typeof cell === "string" ? { text: cell } : cell;
const shown = (cell: Cell | null): string => (cell === null ? "" : (cell.paint?.(cell.text) ?? cell.text));

/** Colours take no room: the padding is counted on the text. */
function padded(cell: Cell | null, width: number): string {
  return shown(cell) + " ".repeat(Math.max(0, width - (cell?.text.length ?? 0)));
}
