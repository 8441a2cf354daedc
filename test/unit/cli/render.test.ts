import { describe, expect, it } from "vitest";
import { renderList } from "../../../src/cli/commands/sectors/list.ts";
import { renderStatus } from "../../../src/cli/commands/sectors/status.ts";
import { renderWhy } from "../../../src/cli/commands/sectors/why.ts";
import { renderInfo } from "../../../src/cli/commands/top/info.ts";
import { PLAIN } from "../../../src/cli/output.ts";
import { clock, failed, info, proving, status, waiting } from "./views.ts";

const PLAIN_LIST = { fast: false, events: false, sealTime: false, initialPledge: false };
const SHORT = { onChainInfo: false, proof: false };

describe("sectors list", () => {
  it("has lotus's columns, and no more for sectors that are done", () => {
    expect(renderList([proving], clock, PLAIN_LIST, PLAIN)).toMatchInlineSnapshot(`
      "ID  State    OnChain  Active  Expiration                   Deals  
      2   Proving  YES      NO      1549456 (in 10 weeks 1 day)  CC     "
    `);
  });

  it("has the columns that were asked for where lotus has them", () => {
    const shown = { fast: false, events: true, sealTime: true, initialPledge: true };
    expect(renderList([proving], clock, shown, PLAIN)).toMatchInlineSnapshot(`
      "ID  State    OnChain  Active  Expiration                   SealTime  Events  Deals  Pledge       
      2   Proving  YES      NO      1549456 (in 10 weeks 1 day)  2m37s     12      CC     59.605 nFIL  "
    `);
  });

  it("adds step and waits at the end, and errors on lines of their own", () => {
    expect(renderList([proving, failed, waiting], clock, PLAIN_LIST, PLAIN)).toMatchInlineSnapshot(`
      "ID  State         OnChain  Active  Expiration                   Deals  Step       Waits                          
      2   Proving       YES      NO      1549456 (in 10 weeks 1 day)  CC                                               
      10  CommitFailed  NO       NO      n/a                          CC     Diagnose                                  
        Error: the proof was refused; attempt 2 of 5
      11  PreCommitted  NO       NO      n/a                          1      AwaitSeed  the seed is drawn at epoch 37  "
    `);
  });

  it("without the expiration when it must be fast", () => {
    expect(renderList([], clock, { ...PLAIN_LIST, fast: true }, PLAIN)).toBe(
      "ID  State  OnChain  Active  Deals  ",
    );
  });
});

describe("sectors status", () => {
  it("has lotus's labels and tabs", () => {
    const { log: _, ...rest } = status;
    expect(renderStatus(rest, clock, SHORT, PLAIN)).toMatchInlineSnapshot(`
      "SectorID:	2
      Status:		Proving
      CIDcommD:	baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy
      CIDcommR:	bagboea4b5abcb6oif74n7yfy6ib5hx254dcmsi5rquwxatz557h5r7sprlbwrekj
      Ticket:		722427f5522eeb4c3169d1f99be7021e5a2a2664d7ddab6e4649eba4cddf7eaf
      TicketH:	-884
      Seed:		b63c9823e319739d632b8e776a1636874b67fbb78d296cfd95400c0165eb5040
      SeedH:		28
      Precommit:	bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei
      Commit:		bafy2bzacedcgiuadrdwz3l43hcia6i6dt2oqq3qsy2r3h45ztj5eczoeh4m7s
      Deals:		[0]
      Retries:	0

      Expiration Info
      OnTime:		1550217
      Early:		0

      CommD:		fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833
      CommR:		3f8b1c6bc2ad8f6a6b9b3ff5bdfd8e3b8e2d6ae7d0c1b2a39485766758493021
      Piece 0:	baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy 2048 bytes, deal 0
      Timings:	AddPiece 12ms, PC1 840ms, PC2 4.2s, C1 65ms, C2 46s
      Step:		Finalize
      Why:		nothing left to do: the sector is proving"
    `);
  });

  it("shows the record on chain, the proof and the log when asked", () => {
    const text = renderStatus(status, clock, { onChainInfo: true, proof: true }, PLAIN);
    expect(text).toContain(
      "Commit:\t\tbafy2bzacedcgiuadrdwz3l43hcia6i6dt2oqq3qsy2r3h45ztj5eczoeh4m7s\nProof:\t\t89cf3e\nDeals:\t\t[0]\n",
    );
    expect(text.slice(text.indexOf("Sector On Chain Info"), text.indexOf("\n\nCommD:")))
      .toMatchInlineSnapshot(`
        "Sector On Chain Info
        SealProof:		5
        Activation:		39 (2 minutes 44 seconds ago)
        Expiration:		1549456 (in 10 weeks 1 day)
        DealWeight:		0
        VerifiedDealWeight:		0
        InitialPledge:		0.00000005960464384 FIL
        SectorID:		{Miner: 1000, Number: 2}"
      `);
    expect(text.slice(text.indexOf("--------"))).toMatchInlineSnapshot(`
      "--------
      Event Log:
      0.	2026-11-22 11:58:21 +0000 UTC:	[event;sealing.SectorStartCC]	{"User":{"ID":2,"SectorType":5}}
      1.	2026-11-22 12:00:58 +0000 UTC:	[event;sealing.SectorProving]	{"User":{}}"
    `);
  });

  it("of a young sector says what is not known yet as lotus does, and the last error", () => {
    const young = {
      ...status,
      precommitCid: null,
      unsealedCid: null,
      ticket: null,
      ticketEpoch: null,
      deals: [3, 4],
      lastError: "PC1: no memory",
    };
    const lines = renderStatus(young, clock, SHORT, PLAIN).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "CIDcommD:\t<nil>",
        "Ticket:\t\t",
        "TicketH:\t0",
        "Precommit:\t<nil>",
        "Deals:\t\t[3 4]",
        "Last Error:\t\tPC1: no memory",
      ]),
    );
  });
});

describe("sectors why", () => {
  const why = {
    sector: 3,
    state: "PreCommitted",
    step: "AwaitSeed",
    status: "waiting",
    reason: "AwaitSeed waits: the seed is drawn at epoch 37",
    decidedBy: "epoch 37",
    nextTryAt: 90_000,
    since: 0,
    attempt: 1,
    driver: true,
  } as const;

  it("is one line, with the time of the next look", () => {
    expect(renderWhy(why, 30_000)).toBe(
      "Sector 3 (PreCommitted · AwaitSeed): AwaitSeed waits: the seed is drawn at epoch 37; looked at again in 1 minute (1970-01-01 00:01:30 UTC)",
    );
  });

  it("says when it is due", () => expect(renderWhy(why, 100_000)).toMatch(/; due now$/));
});

describe("info", () => {
  it("has lotus's labels, and what padma adds at the end", () => {
    expect(renderInfo(info, PLAIN, 1_062_000)).toMatchInlineSnapshot(`
      "Chain: [devnet padma-devnet] [epoch 80, 1 minute 2 seconds ago]
      Miner: t01000 (2 KiB sectors)
      Power: 40 Ki / 40 Ki (100.0000%)
      	Raw: 4 KiB / 4 KiB (100.0000%)
      	Committed: 6 KiB
      	Proving: 4 KiB

      Miner Balance:    2952.061 FIL
            PreCommit:  0
            Pledge:     59.605 nFIL
            Vesting:    2214.046 FIL
            Available:  738.015 FIL
      Market Balance:   3 FIL
             Locked:    1 FIL
             Available: 2 FIL
      Worker Balance:   49999999.999 FIL
      Total Spendable:  50000738.014 FIL

      Sectors:
      	Total: 4
      	Proving: 3
      	CommitFailed: 1

      Pays for publish deals, precommit: t3worker (49999999.999 FIL)
      Pays for commit: nobody (the node's wallet has no key)
      Drivers: none (start one with \`padma run\`)
      Parameters: generated (made locally: devnet only)"
    `);
  });

  it("names the drivers and a power below the minimum", () => {
    const text = renderInfo(
      { ...info, drivers: [{ pid: 7, host: "sealer-1" }], power: { ...info.power, hasMinPower: false } },
      PLAIN,
      0,
    );
    expect(text).toContain("\nDrivers:\n\tprocess 7 on sealer-1\n");
    expect(text).toContain("\nBelow minimum power threshold, no blocks will be won\n");
  });
});
