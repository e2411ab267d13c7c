import { defineBench } from './bench.ts';
import { measureEnqueue } from './enqueue.ts';

export default defineBench({
  name: 'enqueue_100000',
  what: 'the same with 100,000 sessions',
  unit: 'ms',
  target: { at_most: 250 },
  runs: 5,
  run: (context) => measureEnqueue(context, 100_000),
});
