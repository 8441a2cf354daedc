/**
 * Remembers the digest of a large file together with what `stat` said of it, so that 1.1 GB are not hashed before
 * every proof (and 60 GB at 32 GiB).
 *
 * It catches whatever changes length, inode or modification time: a new download, a copy, an edit, a cut. It does
 * not catch bits that rot on the disk, or somebody who writes and sets the time back; `padma params verify` always
 * reads everything, and every proof is verified before it leaves.
 */
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolders } from "../folders.ts";
import { loadNative, nativeCall } from "./native.ts";

/** What `stat` said when the file was hashed. Nanoseconds and inode numbers are larger than numbers hold. */
interface Stamp {
  readonly size: string;
  readonly mtimeNs: string;
  readonly inode: string;
  readonly digest: string;
}

export interface Digester {
  /** Digest of the file, from the stamp if it is unchanged. First 16 bytes of BLAKE2b-512, hex. ENOENT passes through. */
  digest(path: string, onBytes?: (bytes: number) => void): Promise<string>;
  /** The same, always read whole. */
  rehash(path: string, onBytes?: (bytes: number) => void): Promise<string>;
  /** The recorded digest; undefined when there is none or the file has changed. Reads nothing but `stat`. */
  recorded(path: string): Promise<string | undefined>;
  /** A file that was hashed has got another name: what is recorded of it goes along. */
  renamed(from: string, to: string): Promise<void>;
}

/** Stamps live in `stampFile`. Losing it, or one that cannot be read or written, costs one hashing. */
export function createDigester(stampFile: string): Digester {
  async function recorded(path: string): Promise<string | undefined> {
    const [now, stamps] = [await look(path), await readStamps(stampFile)];
    const stamp = stamps[path];
    return isStamp(stamp) && isSame(stamp, now) ? stamp.digest : undefined;
  }

  async function rehash(path: string, onBytes: (bytes: number) => void = () => {}): Promise<string> {
    const before = await look(path);
    const { digest } = await nativeCall(() => loadNative().digestFile(path, onBytes));
    // Written to meanwhile: the digest is of neither version, so it is not remembered.
    if (isSame(before, await look(path))) {
      await writeStamps(stampFile, { ...(await readStamps(stampFile)), [path]: { ...before, digest } });
    }
    return digest;
  }

  async function renamed(from: string, to: string): Promise<void> {
    const { [from]: stamp, ...others } = await readStamps(stampFile);
    await writeStamps(stampFile, stamp === undefined ? others : { ...others, [to]: stamp });
  }

  return {
    recorded,
    rehash,
    renamed,
    digest: async (path, onBytes) => (await recorded(path)) ?? rehash(path, onBytes),
  };
}

type Look = Omit<Stamp, "digest">;

async function look(path: string): Promise<Look> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { size: String(size), mtimeNs: String(mtimeNs), inode: String(ino) };
}

function isSame(one: Look, other: Look): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.inode === other.inode;
}

/** What was read may have been written by anybody: a digest that is none would pass for a damaged file. */
function isStamp(value: unknown): value is Stamp {
  if (typeof value !== "object" || value === null || !("digest" in value)) return false;
  return typeof value.digest === "string" && /^[0-9a-f]{32}$/.test(value.digest);
}

async function readStamps(stampFile: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return Object(JSON.parse(await readFile(stampFile, "utf8"))) as Record<string, unknown>;
  } catch {
    return {}; // Missing or damaged: everything is hashed again.
  }
}

/**
 * Two processes at once: the later rename wins, and the other's file is hashed once more.
 * FAIL: the disk is full or the cache is somebody else's → the digest is right all the same, only not remembered.
 */
async function writeStamps(stampFile: string, stamps: Readonly<Record<string, unknown>>): Promise<void> {
  const temporary = `${stampFile}.${process.pid}.tmp`;
  try {
    await makeFolders(dirname(stampFile));
    await writeFile(temporary, JSON.stringify(stamps, undefined, 2));
    await rename(temporary, stampFile);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
