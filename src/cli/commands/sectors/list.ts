import { listSectors } from "../../../app/sectors.ts";
import type { SectorRow } from "../../../app/views.ts";
import type { State } from "../../../sealing/sector.ts";
import { formatDuration, formatFilShort } from "../../../units.ts";
import { chainClock } from "../../chainClock.ts";
import type { Context } from "../../context.ts";
import { type ChainClock, epochTime, fil } from "../../format.ts";
import type { Palette } from "../../output.ts";
import { statePaint } from "../../stateColour.ts";
import { type Cell, type Column, table } from "../../table.ts";

export interface Shown {
  readonly fast: boolean;
  readonly events: boolean;
  readonly sealTime: boolean;
  readonly initialPledge: boolean;
}

interface Input extends Shown {
  readonly states: readonly State[] | null;
  readonly showRemoved: boolean;
}

export async function list(context: Context, input: Input): Promise<void> {
  await context.withApp(async (app) => {
    const wanted = {
      sealTime: input.sealTime || context.output.json,
      ...(input.states === null ? {} : { states: input.states }),
    };
    const rows = (await listSectors(app, wanted)).filter(
      // Asked for by name, removed sectors are shown.
      ({ state }) => state !== "Removed" || input.showRemoved || input.states !== null,
    );
    const clock = await chainClock(app);
    context.output.data(rows, (paint) => renderList(rows, clock, input, paint));
  });
}

/** Columns in lotus's order, then padma's own. */
export function renderList(
  rows: readonly SectorRow[],
  clock: ChainClock,
  shown: Shown,
  paint: Palette,
): string {
  return table(columns(clock, shown, paint), rows);
}

function columns(clock: ChainClock, shown: Shown, paint: Palette): readonly Column<SectorRow>[] {
  const when = (wanted: boolean, column: Column<SectorRow>): readonly Column<SectorRow>[] =>
    wanted ? [column] : [];
  return [
    { name: "ID", cell: ({ id }) => String(id) },
    { name: "State", cell: ({ state }) => ({ text: state, paint: statePaint(state, paint) }) },
    { name: "OnChain", cell: ({ onChain }) => yesNo(onChain, paint) },
    { name: "Active", cell: ({ active }) => yesNo(active, paint) },
    ...when(!shown.fast, {
      name: "Expiration",
      cell: ({ expiration }) => (expiration === null ? "n/a" : epochTime(clock, expiration)),
    }),
    ...when(shown.sealTime, {
      name: "SealTime",
      cell: ({ sealTime }) => (sealTime === null ? "" : formatDuration(sealTime)),
    }),
    ...when(shown.events, { name: "Events", cell: ({ events }) => String(events) }),
    { name: "Deals", cell: ({ deals }) => deals },
    ...when(shown.initialPledge, {
      name: "Pledge",
      cell: ({ pledge }) => (pledge === null ? "" : formatFilShort(fil(pledge))),
    }),
    { name: "Step", optional: true, cell: ({ step }) => step },
    { name: "Waits", optional: true, cell: ({ waits, error }) => (waits === error ? null : waits) },
    {
      name: "Error",
      cell: ({ error }) => (error === null ? null : { text: error, paint: paint.red }),
      below: true,
    },
  ];
}

const yesNo = (yes: boolean, { green, red }: Palette): Cell =>
  yes ? { text: "YES", paint: green } : { text: "NO", paint: red };
