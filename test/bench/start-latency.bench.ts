import { defineBench } from './bench.ts';
import { CLOCK_GRAPH, ranAfter, withClockRunner } from './clock-runner.ts';
import { measured } from './sample.ts';

/** The first sessions pay for compiling. */
const WARM_UP = 30;

export default defineBench({
  name: 'start_latency',
  what: 'enqueue_graph sent until its first node runs on an idle runner, by a clock that the node itself reads',
  unit: 'ms',
  target: { p50: 5, p99: 20 },
  runs: 500,
  parts: { seen: { what: 'until the event of its start is received', unit: 'ms' } },
  run: ({ runs, progress, signal }) =>
    withClockRunner(signal, async (bench) => {
      const { edge, queue, watch } = bench;
      const started: number[] = [];
      const seen: number[] = [];
      for (let run = -WARM_UP; run < runs; run++) {
        const event = watch.until(({ name }) => name === 'invocation_started');
        const from = process.hrtime.bigint();
        const at = event.then(() => process.hrtime.bigint());
        const ran = await ranAfter(bench, from, edge.post(`${queue}/enqueue_graph`, CLOCK_GRAPH));
        if (run < 0) continue;
        started.push(ran);
        seen.push(Number((await at) - from) / 1e6);
        progress(run + 1, runs);
      }
      return { ...measured(started), parts: { seen: measured(seen) } };
    }),
});
