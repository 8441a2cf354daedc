/**
 * The children of one prover. An idle child is used again for a minute (starting one takes 80 ms); concurrent calls
 * get one each, so there are as many as the resource ledger lets steps run at once.
 */
import { type ChildLog, type ProofsChild, startChild } from "./childProcess.ts";
import { cancelled } from "./failures.ts";
import { childEnvironment } from "./environment.ts";

export interface PoolOptions {
  /** This process's environment: a few names are passed on (environment.ts), never FIL_PROOFS_…. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where children's empty working directories are made. */
  readonly temporaryFolder: string;
  readonly log?: ChildLog;
  /** Threads for each of the library's two pools; absent: one a core. */
  readonly threads?: number;
  /** After this long without a call a child is ended. Default one minute. */
  readonly idleMs?: number;
}

const IDLE_MS = 60_000;

export interface ChildPool {
  /**
   * A child for one call. One with parameters serves only those: the library reads their place once a process.
   * Rejects with PROOF_CANCELLED when the pool is closed, PROOF_CHILD_NOT_STARTED.
   */
  take(parametersDir: string | undefined): Promise<ProofsChild>;
  /** Keeps the child for the next call. */
  giveBack(child: ProofsChild): void;
  /** Ends the child; resolves when it is gone. */
  retire(child: ProofsChild): Promise<void>;
  isClosed(): boolean;
  close(): Promise<void>;
}

interface Member {
  readonly parametersDir: string | undefined;
  /** Set while it waits for a call. */
  idle: NodeJS.Timeout | undefined;
}

export function createChildPool(options: PoolOptions): ChildPool {
  const members = new Map<ProofsChild, Member>();
  let closed = false;

  async function start(parametersDir: string | undefined): Promise<ProofsChild> {
    const child = await startChild({
      environment: (cwd) => environment(options, parametersDir ?? cwd),
      temporaryFolder: options.temporaryFolder,
      log: options.log ?? (() => {}),
    });
    members.set(child, { parametersDir, idle: undefined });
    // FAIL: killed from outside while idle → it must not get the next call.
    void child.gone.then(() => {
      clearTimeout(members.get(child)?.idle);
      members.delete(child);
    });
    return child;
  }

  /** For a step without parameters any idle child will do. */
  function takeIdle(parametersDir: string | undefined): ProofsChild | undefined {
    for (const [child, member] of members) {
      if (member.idle === undefined) continue;
      if (parametersDir !== undefined && member.parametersDir !== parametersDir) continue;
      clearTimeout(member.idle);
      member.idle = undefined;
      return child;
    }
    return undefined;
  }

  /** No longer idle, so that no call gets it while it dies; still a member, so that `close` waits for its end. */
  function expire(child: ProofsChild, member: Member): void {
    member.idle = undefined;
    child.hold(true); // Else this process could end before the child's folder is removed.
    child.kill();
  }

  async function retire(child: ProofsChild): Promise<void> {
    members.delete(child);
    child.hold(true); // As above.
    child.kill();
    await child.gone;
  }

  return {
    async take(parametersDir) {
      if (closed) throw cancelled("the prover is closed");
      const child = takeIdle(parametersDir) ?? (await start(parametersDir));
      if (closed) child.kill(); // Closed while it started: the call fails, and `close` waits for nobody.
      child.hold(true);
      return child;
    },
    giveBack(child) {
      const member = members.get(child);
      if (member === undefined) return; // It is gone already.
      child.hold(false);
      member.idle = setTimeout(() => expire(child, member), options.idleMs ?? IDLE_MS).unref();
    },
    retire,
    isClosed: () => closed,
    async close() {
      closed = true;
      await Promise.all([...members.keys()].map(retire));
    },
  };
}

function environment({ env, threads }: PoolOptions, parametersDir: string): Record<string, string> {
  return childEnvironment(env, { parametersDir, ...(threads === undefined ? {} : { threads }) });
}
