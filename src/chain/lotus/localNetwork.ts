/** The chain id that lotus gives to networks of one machine (buildconstants, params_2k.go); public ones have their own. */
const LOCAL_CHAIN_ID = 31_415_926;
/** `lotus-seed` names its networks `localnet-<uuid>`; a devnet of padma that is served has the second name. */
const LOCAL_NAME = /^(localnet-|padma-devnet$)/;

/**
 * Whether a network is one that somebody runs for trying things out. Both facts have to say so: a name is anybody's
 * choice, and a network that padma does not know may be worth money to somebody.
 */
export const isLocalNetwork = (facts: {
  readonly NetworkName: string;
  readonly Eip155ChainID: number;
}): boolean => facts.Eip155ChainID === LOCAL_CHAIN_ID && LOCAL_NAME.test(facts.NetworkName);
