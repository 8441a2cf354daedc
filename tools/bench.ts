/**
 * `npm run bench`: the project's promises of speed and memory, measured from outside on this machine. Not a test: a
 * loaded machine gives bad figures, so they are printed, with what was promised beside them.
 */
import { addPieceMemory } from "../test/bench/addPieceMemory.ts";
import { devnetMessages } from "../test/bench/devnetMessages.ts";
import { idleDriver } from "../test/bench/idleDriver.ts";
import { type Figure, machine } from "../test/bench/measure.ts";
import { newHead } from "../test/bench/newHead.ts";
import { pipeline } from "../test/bench/pipeline.ts";
import { sectorsList } from "../test/bench/sectorsList.ts";
import { startUp } from "../test/bench/startUp.ts";
import { wire } from "../test/bench/wire.ts";

const MEASUREMENTS = {
  startUp,
  wire,
  sectorsList,
  addPieceMemory,
  idleDriver,
  newHead,
  pipeline,
  devnetMessages,
};

const wanted = process.argv.slice(2).filter((argument) => argument !== "--json");
const json = process.argv.includes("--json");
const unknown = wanted.find((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no ${unknown}; there are ${Object.keys(MEASUREMENTS).join(", ")}\n`);
  process.exit(2);
}

process.stderr.write(`${machine()}\n`);
for (const [name, measure] of Object.entries(MEASUREMENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const figure of await measure())
    process.stdout.write(json ? `${JSON.stringify(figure)}\n` : line(figure));
}

function line({ what, value, unit, limit }: Figure): string {
  const shown = `${value.toFixed(unit === "%" || value < 10 ? 2 : 0)} ${unit}`.padStart(12);
  if (limit === undefined) return `${what.padEnd(48)}${shown}\n`;
  const kept = value <= limit ? "within" : "OVER";
  return `${what.padEnd(48)}${shown}   ${kept} ${limit.toFixed(0)} ${unit}\n`;
}
