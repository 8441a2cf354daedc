/** A process for tests: `pledge N` pledges N sectors, `drive` drives until idle. Proofs as in standInProofs.ts. */
import { drive } from "../../src/app/drive.ts";
import { openApp } from "../../src/app/open.ts";
import { pledge } from "../../src/app/pledge.ts";
import { createLog } from "../../src/log.ts";
import { standInProofs } from "./standInProofs.ts";

const [path = "", verb = "", count = "1"] = process.argv.slice(2);
const log = createLog({
  level: () => "info",
  format: "json",
  write: (line) => process.stderr.write(`${line}\n`),
});
await using app = await openApp({ path, env: process.env, log, proofs: standInProofs });
if (verb === "pledge") {
  const { sectors } = await pledge(app, {
    count: Number(count),
    data: { kind: "zeros" },
    deal: "none",
    maxSealing: null,
  });
  process.stdout.write(`${JSON.stringify(sectors)}\n`);
} else {
  await drive(app, { until: { idle: { patienceMs: 500 } }, signal: AbortSignal.timeout(120_000) });
}
