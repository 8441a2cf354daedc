/** The colour of a state, as lotus has them. */
import type { State } from "../sealing/sector.ts";
import { type StateKind, STATES } from "../sealing/states.ts";
import type { Colour, Paint, Palette } from "./output.ts";

const COLOUR: Readonly<Record<StateKind, Colour>> = {
  staging: "blue",
  sealing: "yellow",
  failed: "red",
  proving: "green",
  removed: "cyan",
};

export const statePaint = (state: State, palette: Palette): Paint => palette[COLOUR[STATES[state].kind]];
