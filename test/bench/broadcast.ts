/** The two rows of broadcast: one event to many sockets, from the call that causes it to its last receipt. */
import type { BenchContext, Measurement } from './bench.ts';
import { BenchEdge, promptBatch } from './edge.ts';
import { measured } from './sample.ts';

export async function measureBroadcast({ runs, progress, signal }: BenchContext, count: number): Promise<Measurement> {
  return BenchEdge.with(signal, async (edge) => {
    const queue = await edge.queue();
    let received = 0;
    let isLive = 0;
    let wanted = Number.POSITIVE_INFINITY;
    let done = () => {};
    const until = (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        done = () => condition() && resolve();
        done();
      });
    const sockets = Array.from({ length: count }, () => edge.socket(`${queue}/events`));
    for (const socket of sockets)
      socket.addEventListener('message', ({ data }) => {
        const text = String(data);
        if (text.startsWith('{"name":"live"')) isLive++;
        else if (text.startsWith('{"sequence"')) received++;
        if (received >= wanted || isLive === count) done();
      });
    try {
      await until(() => isLive === count);
      const samples: number[] = [];
      const body = promptBatch(1);
      for (let run = -1; run < runs; run++) {
        received = 0;
        wanted = count;
        const start = performance.now();
        const all = until(() => received === count);
        await Promise.all([edge.post(`${queue}/enqueue_batch`, body), all]);
        if (run >= 0) samples.push(performance.now() - start);
        progress(run + 1, runs);
      }
      return measured(samples);
    } finally {
      for (const socket of sockets) socket.close();
    }
  });
}
