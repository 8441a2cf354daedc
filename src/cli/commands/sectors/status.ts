import { sectorStatus } from "../../../app/sectors.ts";
import type { LogEntry, OnChainView, SectorStatus } from "../../../app/views.ts";
import { formatDuration, formatFil, sectorNumber } from "../../../units.ts";
import { chainClock } from "../../chainClock.ts";
import type { Context } from "../../context.ts";
import { type ChainClock, epochTime, fil, goTime } from "../../format.ts";
import { jsonValue, type Palette } from "../../output.ts";
import { statePaint } from "../../stateColour.ts";

export interface Shown {
  readonly onChainInfo: boolean;
  readonly proof: boolean;
}

interface Input extends Shown {
  readonly sector: number;
  readonly log: boolean;
}

export async function status(context: Context, input: Input): Promise<void> {
  await context.withApp(async (app) => {
    const found = await sectorStatus(app, sectorNumber(input.sector), { log: input.log });
    const clock = await chainClock(app);
    context.output.data(found, (paint) => renderStatus(found, clock, input, paint));
  });
}

/** Labels and tabs as lotus-miner's `sectors status`; padma's own block comes before the event log. */
export function renderStatus(found: SectorStatus, clock: ChainClock, shown: Shown, paint: Palette): string {
  return [
    ...sectorLines(found, shown, paint),
    "",
    "Expiration Info",
    `OnTime:\t\t${found.expiration ?? 0}`,
    "Early:\t\t0",
    ...(shown.onChainInfo && found.onChain !== null ? onChainLines(found, found.onChain, clock) : []),
    "",
    ...padmaLines(found),
    ...(found.log === undefined ? [] : logLines(found.log)),
  ].join("\n");
}

/** What Go prints for a CID that is not there. */
const NIL = "<nil>";

function sectorLines(found: SectorStatus, { proof }: Shown, paint: Palette): string[] {
  return [
    `SectorID:\t${found.sector}`,
    `Status:\t\t${statePaint(found.state, paint)(found.state)}`,
    `CIDcommD:\t${found.unsealedCid ?? NIL}`,
    `CIDcommR:\t${found.sealedCid ?? NIL}`,
    `Ticket:\t\t${found.ticket ?? ""}`,
    `TicketH:\t${found.ticketEpoch ?? 0}`,
    `Seed:\t\t${found.seed ?? ""}`,
    `SeedH:\t\t${found.seedEpoch ?? 0}`,
    `Precommit:\t${found.precommitCid ?? NIL}`,
    `Commit:\t\t${found.commitCid ?? NIL}`,
    ...(proof ? [`Proof:\t\t${found.proof ?? ""}`] : []),
    `Deals:\t\t[${found.deals.join(" ")}]`,
    ...(found.expiredDeals.length === 0 ? [] : [`Expired Deals:\t[${found.expiredDeals.join(" ")}]`]),
    `Retries:\t${found.retries}`,
    ...(found.lastError === null ? [] : [`Last Error:\t\t${paint.red(found.lastError)}`]),
  ];
}

function onChainLines({ miner, sector }: SectorStatus, onChain: OnChainView, clock: ChainClock): string[] {
  return [
    "",
    "Sector On Chain Info",
    `SealProof:\t\t${onChain.sealProof}`,
    `Activation:\t\t${epochTime(clock, onChain.activation)}`,
    `Expiration:\t\t${epochTime(clock, onChain.expiration)}`,
    `DealWeight:\t\t${onChain.dealWeight}`,
    `VerifiedDealWeight:\t\t${onChain.verifiedDealWeight}`,
    `InitialPledge:\t\t${formatFil(fil(onChain.initialPledge))}`,
    `SectorID:\t\t{Miner: ${miner.replace(/^[ft]0/, "")}, Number: ${sector}}`,
  ];
}

function padmaLines({ commD, commR, step, pieces, timings, why }: SectorStatus): string[] {
  const times = Object.entries(timings).map(([name, ms]) => `${name} ${formatDuration(ms)}`);
  return [
    `CommD:\t\t${commD ?? ""}`,
    `CommR:\t\t${commR ?? ""}`,
    ...pieces.map(
      ({ size, cid, dealId }, i) =>
        `Piece ${i}:\t${cid} ${size} bytes${dealId === null ? "" : `, deal ${dealId}`}`,
    ),
    `Timings:\t${times.join(", ")}`,
    `Step:\t\t${step ?? "none"}`,
    `Why:\t\t${why}`,
  ];
}

function logLines(log: readonly LogEntry[]): string[] {
  const entry = ({ at, kind, message }: LogEntry, i: number): string =>
    `${i}.\t${goTime(at)}:\t[${kind}]\t${JSON.stringify(message, jsonValue)}`;
  return ["--------", "Event Log:", ...log.map(entry)];
}
