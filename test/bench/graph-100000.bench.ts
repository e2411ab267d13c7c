import { defineBench } from './bench.ts';
import { measureIteration } from './iteration.ts';

export default defineBench({
  name: 'graph_100000',
  what: 'range → iterate → add → collect over 100,000 elements, with validation, inputs and results',
  unit: 'ms',
  target: { at_most: 2_000 },
  runs: 7,
  run: (context) => measureIteration(context, 100_000),
});
