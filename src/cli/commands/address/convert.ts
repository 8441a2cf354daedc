import { type AddressForms, convertAddress } from "../../../app/addresses.ts";
import type { Context } from "../../context.ts";

export async function convert({ output }: Context, { address }: { readonly address: string }): Promise<void> {
  const forms = convertAddress(address);
  output.data(forms, () => renderForms(forms));
}

function renderForms({ protocol, kind, f, t, bytes, id, namespace, subaddress, eth }: AddressForms): string {
  return [
    `Kind:\t\t${kind} (protocol ${protocol})`,
    `Mainnet:\t${f}`,
    `Others:\t\t${t}`,
    `Bytes:\t\t${bytes}`,
    ...(id === null ? [] : [`ID:\t\t${id}`]),
    ...(namespace === null ? [] : [`Namespace:\t${namespace}`, `Subaddress:\t${subaddress}`]),
    `Ethereum:\t${eth ?? "none"}`,
  ].join("\n");
}
