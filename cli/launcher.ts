/**
 * `npm start` puts npm, a shell and the bootstrap above this process. A kill that strikes one of them reaches nobody
 * below, and would leave a system running that its owner believes dead; so when one of them goes, so do we.
 */
import { readFileSync } from 'node:fs';
import { parentOf } from '../infra/local/process-identity.ts';

const POLL_MS = 500;

/** npm, sh, bootstrap: with room for a wrapper or two. */
const LINKS_MAX = 6;

/** Each process on the way up to npm, with its parent. */
function chainToNpm(): [pid: number, parent: number][] {
  const own: [number, number] = [process.pid, process.ppid];
  const chain = [own];
  for (let pid = process.ppid; chain.length < LINKS_MAX; ) {
    if (isNpm(pid)) return chain;
    const parent = parentOf(pid);
    if (parent === null || parent <= 1) break;
    chain.push([pid, parent]);
    pid = parent;
  }
  // npm is not above us, or the system does not tell: the direct parent is all there is to watch.
  return [own];
}

/** npm names its process after what it runs: `npm start`, `npm run demo`, `npm exec switchyard`. */
function isNpm(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('npm ');
  } catch {
    return false;
  }
}

/** Calls `gone` once, when a process between npm and this one has ended. Does nothing when npm did not start us. */
export function watchLauncher(gone: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const chain = chainToNpm();
  const poll = setInterval(() => {
    const intact = chain.every(([pid, parent]) => (pid === process.pid ? process.ppid : parentOf(pid)) === parent);
    if (intact) return;
    clearInterval(poll);
    gone();
  }, POLL_MS);
  poll.unref();
}
