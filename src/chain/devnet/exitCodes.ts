/** Exit codes of receipts (go-state-types exitcode): below 16 the system's, from 16 on the actors' common ones. */
export const EXIT = {
  ok: 0,
  senderInvalid: 1,
  senderStateInvalid: 2,
  invalidReceiver: 5,
  insufficientFunds: 6,
  outOfGas: 7,
  illegalArgument: 16,
  notFound: 17,
  forbidden: 18,
  actorInsufficientFunds: 19,
  illegalState: 20,
  serialization: 21,
  unhandledMessage: 22,
} as const;

/** An actor refuses a message: everything it did is undone, and the receipt has this code. Never leaves the devnet. */
export class Abort extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = "Abort";
    this.exitCode = exitCode;
  }
}
