import { defineBench } from './bench.ts';
import { CLOCK_GRAPH, type ClockBench, ranAfter, withClockRunner } from './clock-runner.ts';
import { drawing } from './drawing.ts';
import { measured } from './sample.ts';

/** Far more than run before the cancel. */
const STEPS = 1_000;
/** A whole session of so many says how long one takes. */
const MEASURED_STEPS = 50;

/**
 * The device has stopped when it starts the next session: one that tells the time of its start waits behind the one
 * that is canceled. So the figure holds the way to the next start too.
 */
export default defineBench({
  name: 'cancel_latency',
  what: 'cancel sent, while an image is drawn, until the device runs the next session, less the length of a step',
  unit: 'ms',
  target: { p50: 5 },
  runs: 60,
  parts: {
    whole: { what: 'the same with the step that was under way', unit: 'ms' },
    step: { what: 'one step of the image', unit: 'ms' },
  },
  run: ({ runs, progress, signal }) =>
    withClockRunner(signal, async (bench) => {
      const { edge, queue, watch } = bench;
      await stepMs(bench);
      const step = await stepMs(bench);
      const samples: number[] = [];
      for (let run = -3; run < runs; run++) {
        const drawn = watch.until(
          ({ name, invocation_id }) => name === 'invocation_progress' && invocation_id === 'denoise',
        );
        const graph = drawing(run + 3, STEPS);
        const { item_id } = await edge.post<{ item_id: number }>(`${queue}/enqueue_graph`, JSON.stringify({ graph }));
        await edge.post(`${queue}/enqueue_graph`, CLOCK_GRAPH);
        await drawn;
        const from = process.hrtime.bigint();
        const ran = await ranAfter(bench, from, edge.put(`${queue}/i/${item_id}/cancel`));
        if (run >= 0) samples.push(ran);
        progress(run + 1, runs);
      }
      const beyond = samples.map((sample) => sample - step);
      return { ...measured(beyond), parts: { whole: measured(samples), step: { value: step, runs: MEASURED_STEPS } } };
    }),
});

async function stepMs({ edge, queue, watch }: ClockBench): Promise<number> {
  const denoised = watch.until(
    ({ name, invocation_id }) => name === 'invocation_complete' && invocation_id === 'denoise',
  );
  const completed = watch.until(({ status }) => status === 'completed');
  const graph = drawing(0, MEASURED_STEPS);
  await edge.post(`${queue}/enqueue_graph`, JSON.stringify({ graph }));
  const { seconds = 0 } = await denoised;
  await completed;
  return (seconds * 1000) / MEASURED_STEPS;
}
