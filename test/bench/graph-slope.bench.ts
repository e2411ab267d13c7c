import { defineBench } from './bench.ts';
import { runIteration } from './iteration.ts';
import { measured, timed } from './sample.ts';

const [FEW, MANY] = [1_600, 100_000];

export default defineBench({
  name: 'graph_slope',
  what: `what an element costs among ${MANY.toLocaleString('en-US')} over what it costs among ${FEW.toLocaleString('en-US')}: 1 is linear`,
  unit: '×',
  target: { at_most: 1.5 },
  runs: 5,
  run: async ({ runs, progress }) => {
    const samples: number[] = [];
    for (let run = -1; run < runs; run++) {
      // As many elements on both sides, one after the other, so that both see the same machine.
      const few = await timed(() => {
        for (let done = 0; done < MANY; done += FEW) runIteration(FEW);
      });
      const many = await timed(() => runIteration(MANY));
      if (run >= 0) samples.push(many / MANY / (few / (Math.ceil(MANY / FEW) * FEW)));
      progress(run + 1, runs);
    }
    return measured(samples);
  },
});
