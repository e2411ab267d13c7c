/**
 * Ends this process when its agent is gone, or when it takes more memory than it may. The channel's `disconnect` tells
 * the first while the event loop turns; a thread of its own sees both while an inference, or a node that never returns,
 * blocks that loop.
 */
import { Worker } from 'node:worker_threads';
import { MEMORY_END_AT } from './memory-limit.ts';

/** A node that allocates as fast as it can takes some hundred MB in this time. */
const LOOK_EVERY_MS = 100;

const watch = `
  const fs = require('node:fs');
  const { parentPort } = require('node:worker_threads');
  const parent = process.ppid;
  const end = () => process.kill(process.pid, 'SIGKILL');
  let memory = null;
  parentPort.on('message', (limited) => { memory = limited; });
  setInterval(() => {
    if (process.ppid !== parent) end();
    const taken = memory === null ? 0 : process.memoryUsage.rss();
    if (memory === null || taken <= memory.limit) return;
    try {
      fs.writeSync(memory.recorder, new Float64Array([taken, memory.limit]), 0, 16, ${MEMORY_END_AT});
    } finally {
      end();
    }
  }, ${LOOK_EVERY_MS});
`;

/** Bytes that the process may take, and the descriptor of the file in which it says that it took more. */
export interface MemoryLimit {
  limit: number;
  recorder: number;
}

/** Watches from now on; the returned function sets what the process may take. */
export function endWithParent(): (memory: MemoryLimit) => void {
  process.once('disconnect', () => process.exit());
  const thread = new Worker(watch, { eval: true, execArgv: [], stdin: false });
  thread.unref();
  return (memory) => thread.postMessage(memory);
}
