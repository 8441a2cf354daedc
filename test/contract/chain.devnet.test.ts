import { testDevnet } from "../unit/devnet/harness.ts";
import { describeChain } from "./chain.ts";

describeChain("devnet by the clock", async () => {
  const { chain, clock } = await testDevnet();
  return {
    chain,
    pass: async (epochs) => clock.pass(epochs * chain.network.blockDelayMs),
  };
});

describeChain("instant devnet", async () => {
  const { chain } = await testDevnet({ instant: true });
  return { chain, pass: async (epochs) => void (await chain.advance(epochs)) };
});
