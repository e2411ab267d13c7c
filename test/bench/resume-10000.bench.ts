import { defineBench } from './bench.ts';
import { BenchEdge, ProtocolClient, promptBatch } from './edge.ts';
import { measured } from './sample.ts';

const EVENTS = 10_000;
/** A session of one node announces four. */
const ITEMS = EVENTS / 4;
const STRIDE = 250;

export default defineBench({
  name: 'resume_10000',
  what: 'reconnect after 10,000 missed events until the stream is live again',
  unit: 'ms',
  target: { at_most: 100 },
  runs: 7,
  run: ({ runs, progress, signal }) =>
    BenchEdge.with(signal, async (edge) => {
      const queue = await edge.queue();
      await edge.post(`${queue}/enqueue_batch`, promptBatch(ITEMS));
      const client = new ProtocolClient(edge, queue);
      await client.register('bench');
      for (let grants = await client.claim(STRIDE); grants.length > 0; ) grants = await client.complete(grants, STRIDE);
      const samples: number[] = [];
      for (let run = -1; run < runs; run++) {
        const start = performance.now();
        const received = await resume(edge, `${queue}/events?after=2&packed=true`);
        if (run >= 0) samples.push(performance.now() - start);
        if (received !== EVENTS) throw new Error(`${received} of ${EVENTS} events came`);
        progress(run + 1, runs);
      }
      return measured(samples);
    }),
});

/** How many events came before the stream was live. */
function resume(edge: BenchEdge, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = edge.socket(url);
    let received = 0;
    socket.addEventListener('message', ({ data }) => {
      for (const frame of JSON.parse(String(data)) as { name: string; sequence: number; prev?: number }[]) {
        if (frame.prev !== undefined) received++;
        if (frame.name === 'acknowledge') socket.send(JSON.stringify({ ack: frame.sequence }));
        if (frame.name !== 'live') continue;
        socket.close();
        resolve(received);
      }
    });
    socket.addEventListener('error', reject);
  });
}
