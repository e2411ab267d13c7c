import { defineBench } from './bench.ts';
import { measureBroadcast } from './broadcast.ts';

export default defineBench({
  name: 'broadcast_1000',
  what: 'one enqueue and its event at 1000 sockets, request sent to last receipt',
  unit: 'ms',
  target: { at_most: 25 },
  runs: 20,
  run: (context) => measureBroadcast(context, 1000),
});
