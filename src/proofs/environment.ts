/**
 * The environment of a proofs child, whole: the library reads some forty settings from it, so none is inherited
 * by chance. What is passed on is only what a process needs to run at all, and what a build with CUDA asks its driver for.
 */
import { homedir } from "node:os";
import { join } from "node:path";

const PASSED_ON =
  /^(PATH|HOME|TMPDIR|LANG|LC_ALL|TZ|LD_LIBRARY_PATH|CUDA_.*|NVIDIA_.*|PADMA_BACKEND|BELLMAN_NO_GPU|RUST_BACKTRACE)$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** `$PADMA_CACHE`, else `$XDG_CACHE_HOME/padma`, else `~/.cache/padma`: files that can be made again. */
export function cacheFolder(env: Environment): string {
  if (env["PADMA_CACHE"]) return env["PADMA_CACHE"];
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "padma");
}

export interface ChildSettings {
  /** Folder of the reference's files of SDR parents; padma's own proofs use none. */
  readonly parentsDir?: string;
  /** The one set of Groth16 parameters this child may use; none: the child's own empty folder. */
  readonly parametersDir: string;
  /** Threads of each of the library's two pools; absent: one for each core. */
  readonly threads?: number;
}

/** Settings are the library's own names; those not needed by any step are set to its defaults all the same. */
export function childEnvironment(base: Environment, settings: ChildSettings): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && PASSED_ON.test(name)) env[name] = value;
  }
  Object.assign(env, {
    FIL_PROOFS_PARAMETER_CACHE: settings.parametersDir,
    FIL_PROOFS_VERIFY_CACHE: "false",
    // padma checks the digests itself, before the child starts (parameters.ts), and once for each file.
    FIL_PROOFS_VERIFY_PRODUCTION_PARAMS: "false",
    FIL_PROOFS_USE_GPU_COLUMN_BUILDER: "false",
    FIL_PROOFS_USE_GPU_TREE_BUILDER: "false",
    FIL_PROOFS_MAX_GPU_COLUMN_BATCH_SIZE: "400000",
    FIL_PROOFS_MAX_GPU_TREE_BATCH_SIZE: "700000",
    FIL_PROOFS_COLUMN_WRITE_BATCH_SIZE: "262144",
    FIL_PROOFS_ROWS_TO_DISCARD: "2",
    FIL_PROOFS_SDR_PARENTS_CACHE_SIZE: "2048",
    FIL_PROOFS_USE_MULTICORE_SDR: "false",
  });
  if (settings.parentsDir !== undefined) env["FIL_PROOFS_PARENT_CACHE"] = settings.parentsDir;
  if (settings.threads !== undefined) {
    env["RAYON_NUM_THREADS"] = String(settings.threads);
    env["EC_GPU_NUM_THREADS"] = String(settings.threads);
  }
  return env;
}
