import { setTimeout as pause } from 'node:timers/promises';
import { defineBench } from './bench.ts';
import { BenchEdge, promptBatch } from './edge.ts';
import { measured } from './sample.ts';
import { Watch } from './watch.ts';

const ITEMS = 20_000;
/** A status costs the queue about a millisecond, and the drain takes a second. */
const LOOK_EVERY_MS = 20;
const QUEUE = '/api/v1/queue/default';

export default defineBench({
  name: 'drain_noop',
  what: 'no-op items a second through a real agent and device child, from the answered enqueue, by the batch’s status',
  unit: 'items/s',
  target: { at_least: 15_000 },
  runs: 5,
  parts: { watched: { what: 'the same while a client receives every event', unit: 'items/s' } },
  run: ({ runs, progress, signal }) =>
    BenchEdge.with(
      signal,
      async (edge) => {
        const alone: number[] = [];
        const watched: number[] = [];
        // The first batches warm queue, agent and device up.
        for (let run = -2; run < runs; run++) {
          const rates = [await drain(edge, byStatus), await drain(edge, byEvents)] as const;
          progress(run + 1, runs);
          if (run < 0) continue;
          alone.push(rates[0]);
          watched.push(rates[1]);
        }
        return { ...measured(alone), parts: { watched: measured(watched) } };
      },
      { runners: 1 },
    ),
});

/** Prepares to wait, and returns what waits for the end of a batch. */
type Waiting = (edge: BenchEdge) => Promise<(batch_id: string) => Promise<void>>;

async function drain(edge: BenchEdge, waiting: Waiting): Promise<number> {
  const end = await waiting(edge);
  const { batch_id } = await edge.post<{ batch_id: string }>(`${QUEUE}/enqueue_batch`, promptBatch(ITEMS));
  const start = performance.now();
  await end(batch_id);
  return (ITEMS / (performance.now() - start)) * 1000;
}

const byStatus: Waiting = async (edge) => async (batch_id) => {
  const completed = async () => (await edge.get<{ completed: number }>(`${QUEUE}/b/${batch_id}/status`)).completed;
  while ((await completed()) < ITEMS) await pause(LOOK_EVERY_MS);
};

const byEvents: Waiting = async (edge) => {
  const watch = await Watch.open(edge, QUEUE);
  let completed = 0;
  const last = watch.until(({ status }) => status === 'completed' && ++completed === ITEMS);
  return async () => {
    await last;
    watch.close();
  };
};
