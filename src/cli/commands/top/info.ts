import { info } from "../../../app/info.ts";
import type { InfoView } from "../../../app/views.ts";
import { STATE_NAMES } from "../../../sealing/states.ts";
import { attoFil, formatBytes, formatFilShort } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { byteSize, fil, longDuration, percent, power } from "../../format.ts";
import type { Palette } from "../../output.ts";
import { statePaint } from "../../stateColour.ts";

export async function showInfo(context: Context): Promise<void> {
  const view = await context.withApp(info);
  context.output.data(view, (paint) => renderInfo(view, paint, Date.now()));
}

/** Labels as lotus-miner's `info`; what padma has beyond it is at the end. */
export function renderInfo(view: InfoView, paint: Palette, now: number): string {
  return [
    ...(view.warning === null ? [] : [paint.yellow(`⚠ ${view.warning}`)]),
    ...chainLines(view, now),
    `Miner: ${paint.blue(view.miner)} (${formatBytes(view.sectorSize)} sectors)`,
    ...powerLines(view, paint),
    "",
    ...balanceLines(view, paint),
    "",
    "Sectors:",
    `\tTotal: ${view.total}`,
    ...sectorLines(view, paint),
    "",
    ...payerLines(view, paint),
    ...padmaLines(view, paint),
  ].join("\n");
}

function chainLines({ network }: InfoView, now: number): string[] {
  const behind = Math.max(0, now - network.headAt);
  // A devnet moves only while somebody drives it: its head may well be old.
  return [
    `Chain: [${network.kind} ${network.name}] [epoch ${network.epoch}, ${longDuration(Math.floor(behind / 1000) * 1000)} ago]`,
  ];
}

function powerLines({ power: p, sectors, sectorSize }: InfoView, { green, yellow }: Palette): string[] {
  const [raw, qa, totalRaw, totalQa] = [p.raw, p.qualityAdjusted, p.totalRaw, p.totalQualityAdjusted].map(
    BigInt,
  ) as [bigint, bigint, bigint, bigint];
  const committed = BigInt(sectors.Proving ?? 0) * BigInt(sectorSize);
  const minimum = p.hasMinPower ? [] : [yellow("Below minimum power threshold, no blocks will be won")];
  return [
    `Power: ${green(power(qa))} / ${power(totalQa)} (${percent(qa, totalQa)})`,
    `\tRaw: ${byteSize(raw)} / ${byteSize(totalRaw)} (${percent(raw, totalRaw)})`,
    `\tCommitted: ${byteSize(committed)}`,
    `\tProving: ${byteSize(raw)}`,
    ...minimum,
  ];
}

function balanceLines({ balances: b }: InfoView, { green }: Palette): string[] {
  const amount = (text: string): string => formatFilShort(fil(text));
  const spendable = fil(b.available) + fil(b.worker);
  return [
    `Miner Balance:    ${green(amount(b.miner))}`,
    `      PreCommit:  ${amount(b.preCommitDeposits)}`,
    `      Pledge:     ${amount(b.initialPledge)}`,
    `      Vesting:    ${amount(b.vesting)}`,
    `      Available:  ${green(amount(b.available))}`,
    `Market Balance:   ${amount(b.marketEscrow)}`,
    `       Locked:    ${amount(b.marketLocked)}`,
    `       Available: ${green(formatFilShort(attoFil(fil(b.marketEscrow) - fil(b.marketLocked))))}`,
    `Worker Balance:   ${amount(b.worker)}`,
    `Total Spendable:  ${green(formatFilShort(attoFil(spendable)))}`,
  ];
}

function sectorLines({ sectors }: InfoView, palette: Palette): string[] {
  return STATE_NAMES.flatMap((state) => {
    const n = sectors[state] ?? 0;
    return n === 0 ? [] : [`\t${statePaint(state, palette)(state)}: ${n}`];
  });
}

/** One line an address, or a problem; who pays for everything needs no list of what. */
function payerLines({ payers }: InfoView, { green, yellow }: Palette): string[] {
  const groups = [...Map.groupBy(payers, ({ address, problem }) => address ?? problem)];
  return groups.map(([who, uses]) => {
    const what = groups.length === 1 ? "messages" : uses.map((use) => use.for).join(", ");
    const [{ balance } = { balance: null }] = uses;
    return balance === null
      ? `Pays for ${what}: ${yellow(`nobody (${who ?? ""})`)}`
      : `Pays for ${what}: ${who ?? ""} (${green(formatFilShort(fil(balance)))})`;
  });
}

function padmaLines({ drivers, parameters }: InfoView, { yellow }: Palette): string[] {
  const running = drivers.map(({ pid, host }) => `\tprocess ${pid} on ${host}`);
  const none = [`Drivers: ${yellow("none")} (start one with \`padma run\`)`];
  const { origin, note } = parameters;
  return [
    ...(running.length === 0 ? none : ["Drivers:", ...running]),
    `Parameters: ${origin === "missing" ? yellow(origin) : origin}${note === null ? "" : ` (${note})`}`,
  ];
}
