import { defineBench } from './bench.ts';
import { measureIteration } from './iteration.ts';

export default defineBench({
  name: 'graph_1600',
  what: 'range → iterate → add → collect over 1,600 elements, with validation, inputs and results',
  unit: 'ms',
  target: { at_most: 30 },
  runs: 50,
  run: (context) => measureIteration(context, 1_600),
});
