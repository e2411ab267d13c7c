import { defineBench } from './bench.ts';
import { measureEnqueue } from './enqueue.ts';

export default defineBench({
  name: 'enqueue_5000',
  what: 'one batch of 5,000 sessions with distinct prompts, one request, time to the answer',
  unit: 'ms',
  target: { at_most: 30 },
  runs: 9,
  run: (context) => measureEnqueue(context, 5_000),
});
