/**
 * `npm run lock`: after a dependency was added or updated. A registry mirror may lack the packages that tools
 * publish for other platforms; npm then leaves them out of package-lock.json, and `npm ci` refuses that file
 * everywhere. This adds what the lock's own optionalDependencies name: version and platform, without a digest.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./process.ts";

const file = path.join(root, "package-lock.json");

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const CPUS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

interface Package {
  version?: string | undefined;
  cpu?: string[] | undefined;
  dev?: boolean | undefined;
  libc?: string[] | undefined;
  optional?: boolean | undefined;
  optionalDependencies?: Record<string, string> | undefined;
  os?: string[] | undefined;
}
type Packages = Record<string, Package>;

/** The platform fields of a package, read from its name: "…-linux-arm64-musl". */
function platform(name: string) {
  const words = name.split(/[-/]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => CPUS.includes(word));
  if (cpu.length === 0) throw new Error(`cannot tell the platform of ${name}`);
  const libc = words.some((word) => word.startsWith("musl"))
    ? ["musl"]
    : words.some((word) => word.startsWith("gnu"))
      ? ["glibc"]
      : undefined;
  return { cpu, libc: os[0] === "linux" ? libc : undefined, os: os.length > 0 ? os : undefined };
}

function missing(packages: Packages): [string, Package][] {
  return Object.values(packages).flatMap(({ optionalDependencies = {}, dev }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => packages[`node_modules/${name}`] === undefined)
      .map(([name, version]) => {
        if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version))
          throw new Error(`${name}@${version} is not an exact version`);
        const { cpu, libc, os } = platform(name);
        // In npm's own order of keys, so that npm finds nothing to rewrite.
        return [`node_modules/${name}`, { version, cpu, dev, libc, optional: true, os }];
      }),
  );
}

const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: { "": Package } & Packages };
const { "": project, ...packages } = lock.packages;
const added = missing(packages);
const all = Object.entries(packages).concat(added);
const sorted = all.toSorted(([a], [b]) => a.localeCompare(b, "en"));
lock.packages = { "": project, ...Object.fromEntries(sorted) };
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
process.stdout.write(`package-lock.json: added ${added.length} packages of other platforms\n`);
