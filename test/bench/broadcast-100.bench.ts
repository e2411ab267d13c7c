import { defineBench } from './bench.ts';
import { measureBroadcast } from './broadcast.ts';

export default defineBench({
  name: 'broadcast_100',
  what: 'one enqueue and its event at 100 sockets, request sent to last receipt',
  unit: 'ms',
  target: { at_most: 4 },
  runs: 20,
  run: (context) => measureBroadcast(context, 100),
});
