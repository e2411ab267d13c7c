import { once } from 'node:events';
import { silentSocket } from '../support/silent-socket.ts';
import { defineBench } from './bench.ts';
import { BenchEdge, ProtocolClient, promptBatch } from './edge.ts';
import { residentMB } from './resident.ts';
import { measured } from './sample.ts';

const ITEMS = 100_000;
const SOCKETS = 1_000;
/** Four events each: more than a stream may have under way before it is closed. */
const FLOWING = 6_000;
const STRIDE = 100;

export default defineBench({
  name: 'queue_memory',
  what: `growth of workerd’s resident size by one batch of ${ITEMS} pending items`,
  unit: 'MB',
  target: { at_most: 64 },
  runs: 3,
  parts: {
    sockets: {
      what: `by ${SOCKETS} event streams, of which one never reads while ${FLOWING * 4} events flow, at its largest`,
      unit: 'MB',
      target: { at_most: 100 },
    },
    opened: { what: 'its part before the first event', unit: 'MB' },
  },
  run: async ({ runs, progress, signal }) => {
    const items: number[] = [];
    const opened: number[] = [];
    const sockets: number[] = [];
    for (let run = 0; run < runs; run++) {
      items.push(await BenchEdge.with(signal, pendingItems));
      const growth = await BenchEdge.with(signal, streams);
      opened.push(growth.opened);
      sockets.push(growth.flowed);
      progress(run + 1, runs);
    }
    return { ...measured(items), parts: { sockets: measured(sockets), opened: measured(opened) } };
  },
});

const residentOf = (edge: BenchEdge): number => residentMB(edge.pids('workerd')[0] ?? 0);

async function pendingItems(edge: BenchEdge): Promise<number> {
  // What the first calls load is not the items'.
  await edge.post(`${await edge.queue()}/enqueue_batch`, promptBatch(1));
  const queue = await edge.queue({ max_queue_size: ITEMS });
  const before = residentOf(edge);
  await edge.post(`${queue}/enqueue_batch`, promptBatch(ITEMS));
  return residentOf(edge) - before;
}

/** The others read, but only of one item: a thousand copies of every event would measure the loopback instead. */
async function streams(edge: BenchEdge): Promise<{ opened: number; flowed: number }> {
  const queue = await edge.queue();
  await edge.post(`${queue}/enqueue_batch`, promptBatch(FLOWING));
  const client = new ProtocolClient(edge, queue);
  await client.register('bench');
  const before = residentOf(edge);
  const silent = await silentSocket(`${edge.system.url}${queue}/events`, edge.system.key);
  const readers = Array.from({ length: SOCKETS - 1 }, () => edge.socket(`${queue}/events?item_id=1`));
  try {
    await Promise.all(readers.map((socket) => once(socket, 'open')));
    const opened = residentOf(edge) - before;
    let largest = opened;
    for (let grants = await client.claim(STRIDE); grants.length > 0; ) {
      grants = await client.complete(grants, STRIDE);
      largest = Math.max(largest, residentOf(edge) - before);
    }
    return { opened, flowed: largest };
  } finally {
    silent.destroy();
    for (const socket of readers) socket.close();
  }
}
