import type { Proofs } from "../../src/app/open.ts";
import { testApp } from "../helpers/repo.ts";
import { describeDeepReverts, describeReverts } from "./reverts.ts";

async function instant(proofs?: Proofs) {
  const app = await testApp(proofs);
  return { app, devnet: await app.devnet() };
}

describeReverts("devnet in process", instant);
describeDeepReverts("devnet in process", instant);
