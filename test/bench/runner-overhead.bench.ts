import { setTimeout as pause } from 'node:timers/promises';
import { drawBare, loadModel } from './bare-drawing.ts';
import { defineBench } from './bench.ts';
import { drawing } from './drawing.ts';
import { BenchEdge } from './edge.ts';
import { measured, timed } from './sample.ts';

const STEPS = 10;
/** Drawn in a row, so that what a queue adds once (about a start_latency) is not counted for each. */
const IMAGES = 12;
/** A look costs about a millisecond, and the images take a second. */
const LOOK_EVERY_MS = 100;
const QUEUE = '/api/v1/queue/default';

/**
 * Both draw the same images with the same functions, in turns. A session's time is that between two completions, as
 * the queue's clock has it, so leases, callbacks, uploads and events are in it.
 */
export default defineBench({
  name: 'runner_overhead',
  what: 'a text-to-image session through the whole system, over a bare loop in one process that draws the same',
  unit: '%',
  target: { at_most: 3 },
  runs: 15,
  parts: {
    session: { what: 'one session through the whole system', unit: 'ms' },
    bare: { what: 'one turn of the bare loop', unit: 'ms' },
  },
  run: ({ runs, progress, signal }) =>
    BenchEdge.with(
      signal,
      async (edge) => {
        const model = await loadModel();
        const sessions: number[] = [];
        const bare: number[] = [];
        const overheads: number[] = [];
        for (let run = -2; run < runs; run++) {
          const seeds = Array.from({ length: IMAGES }, (_, index) => (run + 2) * IMAGES + index);
          const session = await drawThrough(edge, seeds);
          const loop = await timed(async () => {
            for (const seed of seeds) await drawBare(model, seed, STEPS);
          });
          progress(run + 1, runs);
          if (run < 0) continue;
          sessions.push(session);
          bare.push(loop / IMAGES);
          overheads.push((session / (loop / IMAGES) - 1) * 100);
        }
        await model.release();
        return { ...measured(overheads), parts: { session: measured(sessions), bare: measured(bare) } };
      },
      { runners: 1 },
    ),
});

/** Milliseconds a session, over all but the first. Nobody watches: previews would be work that the loop does not do. */
async function drawThrough(edge: BenchEdge, seeds: readonly number[]): Promise<number> {
  const data = [[{ node_path: 'noise', field_name: 'seed', items: seeds }]];
  const body = JSON.stringify({ batch: { graph: drawing(0, STEPS), data } });
  const { batch_id } = await edge.post<{ batch_id: string }>(`${QUEUE}/enqueue_batch`, body);
  for (;;) {
    const { items } = await edge.get<{ items: { completed_at: string | null }[] }>(
      `${QUEUE}/list?batch_id=${batch_id}`,
    );
    const times = items.flatMap(({ completed_at }) => (completed_at === null ? [] : Date.parse(completed_at)));
    if (times.length === seeds.length) return (Math.max(...times) - Math.min(...times)) / (seeds.length - 1);
    await pause(LOOK_EVERY_MS);
  }
}
