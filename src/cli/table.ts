/** Columns as lotus's tablewriter sets them: every cell padded to its column and followed by two spaces. */
import type { Paint } from "./output.ts";

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface Column<Row> {
  readonly name: string;
  /** Null: this row has nothing here. */
  readonly cell: (row: Row) => Cell | string | null;
  /** Left out when no row fills it. */
  readonly optional?: boolean;
  /** Written on a line of its own under the row, as lotus does with errors. */
  readonly below?: boolean;
}

const GAP = "  ";

/** The whole table, one line a row, header first; columns nobody needs are left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const filled = rows.map((row) => columns.map(({ cell }) => toCell(cell(row))));
  const used = columns.map(({ name, below = false, optional = false }, index) => ({
    name,
    below,
    optional,
    index,
  }));
  const across = used
    .filter(({ below, optional, index }) => !below && (!optional || isFilled(filled, index)))
    .map(({ name, index }) => ({
      index,
      name,
      width: widest(filled, index, name.length),
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

const isFilled = (filled: readonly (readonly (Cell | null)[])[], index: number): boolean =>
  filled.some((cells) => cells[index] !== null);

/** The longest text of a column; thousands of rows are too many for the arguments of one Math.max. */
const widest = (filled: readonly (readonly (Cell | null)[])[], index: number, least: number): number =>
  filled.reduce((most, cells) => Math.max(most, cells[index]?.text.length ?? 0), least);

const toCell = (cell: Cell | string | null): Cell | null =>
  typeof cell === "string" ? { text: cell } : cell;
const shown = (cell: Cell | null): string => (cell === null ? "" : (cell.paint?.(cell.text) ?? cell.text));

/** Colours take no room: the padding is counted on the text. */
function padded(cell: Cell | null, width: number): string {
  return shown(cell) + " ".repeat(Math.max(0, width - (cell?.text.length ?? 0)));
}
