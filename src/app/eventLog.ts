/** The event log as lotus prints it: same kinds, same field names where lotus has the event. */
import { hexToBytes } from "@noble/hashes/utils.js";
import type { BirthEvent, SectorEvent } from "../sealing/events.ts";
import type { Identity, Piece } from "../sealing/sector.ts";
import { sealedCid, unsealedCid } from "../wire/cid.ts";

type Fields = Readonly<Record<string, unknown>>;

const link = (cid: string): Fields => ({ "/": cid });
const base64 = (hex: string): string => Buffer.from(hexToBytes(hex)).toString("base64");
const pieceLink = (commP: string): Fields => link(unsealedCid(hexToBytes(commP)).toString());
const piece = ({ size, commP }: Piece): Fields => ({ Size: size, PieceCID: pieceLink(commP) });

/** What lotus puts into `{"User":{…}}` for this event; our own events show their fields. */
export function lotusFields(
  event: SectorEvent | BirthEvent,
  sector: Pick<Identity, "number" | "sealProof">,
): Fields {
  switch (event.kind) {
    case "SectorStartCC":
      return { ID: sector.number, SectorType: sector.sealProof };
    case "SectorStart":
      return { ID: sector.number, SectorType: sector.sealProof, Deal: event.deal, Data: event.content };
    case "SectorPieceAdded":
      return { NewPieces: event.pieces.map(piece) };
    case "SectorPacked":
      return { FillerPieces: event.fillers.map(piece) };
    case "SectorPieceCommitments":
      return {
        Pieces: event.drafts.map((draft) =>
          draft.commP === undefined ? {} : { Size: draft.size, PieceCID: pieceLink(draft.commP) },
        ),
      };
    case "SectorDealsPublished":
    case "SectorPreCommitBatchSent":
    case "SectorCommitAggregateSent":
      return { Message: link(event.message) };
    case "SectorMessageRenewed":
      return { From: link(event.from), To: link(event.to) };
    case "SectorDealsLanded":
      return { DealIDs: event.dealIds };
    case "SectorTicket":
      return { TicketValue: base64(event.ticket.value), TicketEpoch: event.ticket.epoch };
    case "SectorPreCommit1":
      return { Attempt: event.attempt, Unsealed: pieceLink(event.commD) };
    case "SectorPreCommit2":
      return {
        Sealed: link(sealedCid(hexToBytes(event.commR)).toString()),
        Unsealed: pieceLink(event.commD),
      };
    case "SectorPreCommitLanded":
    case "SectorRetryWaitSeed":
      return { TipSet: event.tipset.map(link), Epoch: event.epoch };
    case "SectorSeedReady":
      return { SeedValue: base64(event.seed.value), SeedEpoch: event.seed.epoch };
    case "SectorCommit1":
      return { Attempt: event.attempt };
    case "SectorCommitted":
      return { Proof: base64(event.proof) };
    case "SectorProving":
      return { Activation: event.activation };
    case "SectorDealsRenumbered":
      return { Deals: event.deals.map(({ from, to }) => ({ From: from, To: to })) };
    case "SectorDealsReverted":
    case "SectorPreCommitReverted":
    case "SectorSeedReverted":
    case "SectorCommitReverted":
      return { Epoch: event.reorg.epoch, From: event.reorg.from, NoticedAt: event.reorg.noticedAt };
    case "SectorDealsExpired":
      return { DealIDs: event.dealIds, Message: event.message };
    case "SectorOldTicket":
      return { Message: event.message };
    case "SectorForceState":
      return { State: event.state };
    case "SectorAddPieceFailed":
    case "SectorFatalError":
    case "SectorSealPreCommit1Failed":
    case "SectorSealPreCommit2Failed":
    case "SectorChainPreCommitFailed":
    case "SectorComputeProofFailed":
    case "SectorCommitFailed":
      return { Step: event.failure.step, Code: event.failure.code, Error: event.failure.message };
    default:
      return {};
  }
}

/** 64 hex digits and the CID that belongs to them. */
export const commitments = (replica: { commD: string; commR: string } | undefined) =>
  replica === undefined
    ? { commD: null, commR: null, unsealedCid: null, sealedCid: null }
    : {
        commD: replica.commD,
        commR: replica.commR,
        unsealedCid: unsealedCid(hexToBytes(replica.commD)).toString(),
        sealedCid: sealedCid(hexToBytes(replica.commR)).toString(),
      };
