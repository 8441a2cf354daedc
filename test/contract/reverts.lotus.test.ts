import { lotusRepo, serveDevnet } from "../helpers/lotusRepo.ts";
import { describeReverts } from "./reverts.ts";

describeReverts("devnet through a Lotus client", async (proofs) => {
  const served = await serveDevnet(proofs);
  return { app: await lotusRepo(served, proofs === undefined ? {} : { proofs }), devnet: served.chain };
});
