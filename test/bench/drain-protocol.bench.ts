import { defineBench } from './bench.ts';
import { BenchEdge, ProtocolClient, promptBatch } from './edge.ts';
import { measured } from './sample.ts';

const ITEMS = 20_000;
/** Items in one complete-and-claim; the design's bare loop was fastest at 200. */
const STRIDE = 200;
/** One prepares its next request while the queue answers the other. */
const RUNNERS = 2;

export default defineBench({
  name: 'drain_protocol',
  what: 'no-op items a second through claim, start, result, complete and events, by a client of the protocol',
  unit: 'items/s',
  target: { at_least: 30_000 },
  runs: 5,
  run: ({ runs, progress, signal }) =>
    BenchEdge.with(signal, async (edge) => {
      const samples: number[] = [];
      const body = promptBatch(ITEMS);
      for (let run = 0; run < runs; run++) {
        const queue = await edge.queue();
        await edge.post(`${queue}/enqueue_batch`, body);
        const clients = Array.from({ length: RUNNERS }, () => new ProtocolClient(edge, queue));
        await Promise.all(clients.map((client, index) => client.register(`bench-${index}`)));
        const start = performance.now();
        let done = 0;
        const drain = async (client: ProtocolClient) => {
          for (let grants = await client.claim(STRIDE); grants.length > 0; ) {
            done += grants.length;
            grants = await client.complete(grants, STRIDE);
          }
        };
        await Promise.all(clients.map(drain));
        if (done !== ITEMS) throw new Error(`${done} of ${ITEMS} items were drained`);
        samples.push((ITEMS / (performance.now() - start)) * 1000);
        progress(run + 1, runs);
      }
      return measured(samples);
    }),
});
