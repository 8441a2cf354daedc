/** Compares the shape of two JSON values: fields, types, and how strings are written. */

/** Pointers and lists that Go writes as null when there is nothing, where a devnet has nothing. */
const MAY_BE_NULL = [
  /\.BLSAggregate$/,
  /\.BlockSig$/,
  /\.EventsRoot$/,
  /\.PeerId$/,
  /\.Return$/,
  /\.VestingFunds$/,
  /\.ElectionProof\.VRFProof$/,
];

/** One line for each difference: where, ours, theirs. Where theirs is null, or an empty list, ours may be anything. */
export function differencesOf(at: string, ours: unknown, theirs: unknown): readonly string[] {
  if (theirs === null || (ours === null && MAY_BE_NULL.some((one) => one.test(at)))) return [];
  const [our, their] = [kindOf(ours), kindOf(theirs)];
  if (our !== their) return [`${at}: ${our}, not ${their}`];
  if (Array.isArray(ours)) {
    const [first] = theirs as readonly unknown[];
    return first === undefined ? [] : ours.flatMap((one, i) => differencesOf(`${at}[${i}]`, one, first));
  }
  if (typeof ours !== "object" || ours === null) return [];
  const [found, wanted] = [ours as Record<string, unknown>, theirs as Record<string, unknown>];
  const keys = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  return [...keys].flatMap((key) => {
    if (!(key in found)) return [`${at}.${key} is missing`];
    if (!(key in wanted)) return [`${at}.${key} is not there`];
    return differencesOf(`${at}.${key}`, found[key], wanted[key]);
  });
}

/** A type, and of a string what it looks like. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "string") return typeof value;
  if (/^-?\d+$/.test(value)) return "a decimal";
  if (/^[ft][0-4]\w+$/.test(value)) return "an address";
  if (/^(bafy|bafk|baga|bagb)\w+$/.test(value)) return "a CID";
  return "a text";
}
