import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { cidOfCbor, commDOf, commROf, parseCid, sealedCid, unsealedCid } from "../../../src/wire/cid.ts";
import { refusal } from "./refusal.ts";

/** Of the sector in the captured answers of a real miner: CommD of 2 KiB of zeros, and its CommR. */
const COMM_D = "baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy";
const COMM_R = "bagboea4b5abcb6oif74n7yfy6ib5hx254dcmsi5rquwxatz557h5r7sprlbwrekj";
const ZERO_COMM_D = "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833";

describe("commitment CIDs", () => {
  it("are those that lotus shows, both ways", () => {
    expect(bytesToHex(commDOf(parseCid(COMM_D)))).toBe(ZERO_COMM_D);
    expect(unsealedCid(commDOf(parseCid(COMM_D))).toString()).toBe(COMM_D);
    expect(sealedCid(commROf(parseCid(COMM_R))).toString()).toBe(COMM_R);
  });

  it("refuse the other kind, and the CID of an object", () => {
    expect(refusal(() => commDOf(parseCid(COMM_R))).code).toBe("WIRE_CID_KIND");
    expect(refusal(() => commROf(parseCid(COMM_D))).code).toBe("WIRE_CID_KIND");
    expect(refusal(() => commROf(cidOfCbor([]))).code).toBe("WIRE_CID_KIND");
  });

  it("refuse a commitment that does not have 32 bytes", () => {
    expect(refusal(() => unsealedCid(new Uint8Array(31))).code).toBe("WIRE_CID_LENGTH");
    expect(refusal(() => sealedCid(new Uint8Array(33))).code).toBe("WIRE_CID_LENGTH");
  });

  it("do not change when the bytes they were made of do", () => {
    const commD = new Uint8Array(32);
    const cid = unsealedCid(commD);
    const before = cid.toString();
    commD.fill(1);
    commDOf(cid).fill(1);
    expect(bytesToHex(commDOf(cid))).toBe("00".repeat(32));
    expect(cid.toString()).toBe(before);
  });

  it("refuse text that is no CID", () => {
    expect(refusal(() => parseCid("baga6ea4")).code).toBe("WIRE_CID_INVALID");
  });
});
