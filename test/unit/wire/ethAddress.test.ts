import { describe, expect, it } from "vitest";
import { idAddress, parseAddress } from "../../../src/wire/address.ts";
import { fromEthAddress, toEthAddress } from "../../../src/wire/ethAddress.ts";
import { refusal } from "./refusal.ts";

describe("Ethereum addresses", () => {
  it.each([
    ["f01000", "0xff000000000000000000000000000000000003e8"],
    ["f00", "0xff00000000000000000000000000000000000000"],
    ["f09223372036854775807", "0xff00000000000000000000007fffffffffffffff"],
    // From Filecoin's documentation of its address types.
    ["f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy", "0xd388ab098ed3e84c0d808776440b48f685198498"],
  ])("%s is %s, both ways", (filecoin, eth) => {
    expect(toEthAddress(parseAddress(filecoin))).toBe(eth);
    expect(fromEthAddress(eth).toString()).toBe(filecoin);
  });

  it("exist for no key, no actor's hash, and no other address manager", () => {
    for (const text of [
      "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy",
      "f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i",
    ]) {
      expect(toEthAddress(parseAddress(text))).toBeNull();
    }
  });

  /** The examples of ERC-55. */
  it.each([
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("%s is taken in its capitals, in small letters, and not with one of them changed", (mixed) => {
    const address = fromEthAddress(mixed);
    expect(toEthAddress(address)).toBe(mixed.toLowerCase());
    expect(fromEthAddress(mixed.toLowerCase()).equals(address)).toBe(true);
    const at = mixed.search(/[a-f]/g);
    const changed = mixed.slice(0, at) + mixed.charAt(at).toUpperCase() + mixed.slice(at + 1);
    expect(refusal(() => fromEthAddress(changed)).code).toBe("WIRE_ETH_ADDRESS");
  });

  it("are 20 bytes with an id below 2^63", () => {
    for (const wrong of ["0x12", "d388ab098ed3e84c0d808776440b48f685198498", `0x${"g".repeat(40)}`]) {
      expect(refusal(() => fromEthAddress(wrong)).code).toBe("WIRE_ETH_ADDRESS");
    }
    expect(refusal(() => fromEthAddress(`0xff${"00".repeat(11)}${"ff".repeat(8)}`)).code).toBe(
      "WIRE_ETH_ADDRESS",
    );
    expect(fromEthAddress(`0xff${"00".repeat(18)}01`).equals(idAddress(1))).toBe(true);
  });
});
