import { defineBench } from './bench.ts';
import { drawing } from './drawing.ts';
import { BenchEdge, promptBatch } from './edge.ts';
import { residentMB } from './resident.ts';
import { measured } from './sample.ts';
import { Watch } from './watch.ts';

const ITEMS = 20_000;
const IMAGES = 50;
const QUEUE = '/api/v1/queue/default';

export default defineBench({
  name: 'agent_memory',
  what: `the agent’s resident size, after ${ITEMS} sessions that do nothing and ${IMAGES} images`,
  unit: 'MB',
  target: { at_most: 120 },
  runs: 3,
  parts: {
    idle: { what: 'before its first session', unit: 'MB' },
    largest: { what: 'the largest of a look at every 1,000th session', unit: 'MB' },
  },
  run: async ({ runs, progress, signal }) => {
    const after: number[] = [];
    const idle: number[] = [];
    const largest: number[] = [];
    for (let run = 0; run < runs; run++) {
      const sizes = await BenchEdge.with(signal, work, { runners: 1 });
      idle.push(sizes[0] ?? 0);
      after.push(sizes.at(-1) ?? 0);
      largest.push(Math.max(...sizes));
      progress(run + 1, runs);
    }
    return { ...measured(after), parts: { idle: measured(idle), largest: measured(largest) } };
  },
});

/** Sizes of a fresh agent while it works. */
async function work(edge: BenchEdge): Promise<number[]> {
  const watch = await Watch.open(edge, QUEUE);
  const [agent = 0] = edge.pids('runner');
  const sizes: number[] = [];
  let completed = 0;
  const done = (count: number) =>
    watch.until(({ status }) => {
      if (status !== 'completed') return false;
      if (++completed % 1_000 === 1) sizes.push(residentMB(agent));
      return completed === count;
    });
  const noops = done(ITEMS);
  await edge.post(`${QUEUE}/enqueue_batch`, promptBatch(ITEMS));
  await noops;
  completed = 0;
  const images = done(IMAGES);
  const seeds = Array.from({ length: IMAGES }, (_, seed) => seed);
  const data = [[{ node_path: 'noise', field_name: 'seed', items: seeds }]];
  await edge.post(`${QUEUE}/enqueue_batch`, JSON.stringify({ batch: { graph: drawing(0, 10), data } }));
  await images;
  watch.close();
  return [...sizes, residentMB(agent)];
}
