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

/** A column's cells, one a row, and its room. */
interface Filled {
  readonly name: string;
  readonly cells: readonly (Cell | null)[];
  readonly width: number;
}

/** The whole table, header first, one line a row and one for each cell below it. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const across: Filled[] = [];
  const below: Filled[] = [];
  for (const column of columns) {
    const filled = fill(column, rows);
    if (column.below === true) below.push(filled);
    else if (column.optional !== true || filled.cells.some((cell) => cell !== null)) across.push(filled);
  }
  const lines = [across.map(({ name, width }) => name.padEnd(width) + GAP).join("")];
  for (let row = 0; row < rows.length; row++) {
    let line = "";
    for (const { cells, width } of across) line += padded(cells[row] ?? null, width) + GAP;
    lines.push(line);
    for (const { name, cells } of below) {
      const cell = cells[row] ?? null;
      if (cell !== null) lines.push(`  ${name}: ${shown(cell)}`);
    }
  }
  return lines.join("\n");
}

function fill<Row>({ name, cell }: Column<Row>, rows: readonly Row[]): Filled {
  let width = name.length;
  const cells = rows.map((row) => {
    const filled = cell(row);
    const made = typeof filled === "string" ? { text: filled } : filled;
    if (made !== null && made.text.length > width) width = made.text.length;
    return made;
  });
  return { name, cells, width };
}

const shown = ({ text, paint }: Cell): string => (paint === undefined ? text : paint(text));

/** Colours take no room: the padding is counted on the text. */
function padded(cell: Cell | null, width: number): string {
  return cell === null ? " ".repeat(width) : shown(cell) + " ".repeat(width - cell.text.length);
}
