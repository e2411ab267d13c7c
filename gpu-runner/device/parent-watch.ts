/**
 * Ends this process when its agent is gone. The channel's `disconnect` does it while the event loop turns; a thread of
 * its own does it while an inference, or a node that never returns, blocks that loop.
 */
import { Worker } from 'node:worker_threads';

const LOOK_EVERY_MS = 1_000;

const watch = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${LOOK_EVERY_MS});
`;

export function endWithParent(): void {
  process.once('disconnect', () => process.exit());
  new Worker(watch, { eval: true, execArgv: [], stdin: false }).unref();
}
