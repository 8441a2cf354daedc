import { testApp } from "../helpers/repo.ts";
import { describeReverts } from "./reverts.ts";

describeReverts("devnet in process", async (proofs) => {
  const app = await testApp(proofs);
  return { app, devnet: await app.devnet() };
});
