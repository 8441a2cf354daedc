import { bytesToJson, type JsonObject } from "../../wire/json.ts";
import type { Receipt } from "../devnet/execute.ts";

/** A receipt as lotus shows it. A devnet's actors emit no events. */
export const receiptJson = ({ exitCode, returned, gasUsed }: Receipt): JsonObject => ({
  ExitCode: exitCode,
  Return: bytesToJson(returned),
  GasUsed: gasUsed,
  EventsRoot: null,
});
