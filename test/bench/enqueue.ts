/** The two rows of enqueue: one batch of many sessions with distinct prompts, one request, time to the answer. */
import type { BenchContext, Measurement } from './bench.ts';
import { BenchEdge, promptBatch } from './edge.ts';
import { measured } from './sample.ts';

/** `bytes`: what a session costs in the object beyond what any batch costs, its prompts left out. */
export async function measureEnqueue({ runs, progress, signal }: BenchContext, count: number): Promise<Measurement> {
  return BenchEdge.with(signal, async (edge) => {
    const body = promptBatch(count);
    const samples: number[] = [];
    // The first request pays for compiling; it is not counted.
    for (let run = -1; run < runs; run++) {
      const queue = await edge.queue({ max_queue_size: count });
      const start = performance.now();
      await edge.post(`${queue}/enqueue_batch`, body);
      if (run >= 0) samples.push(performance.now() - start);
      progress(run + 1, runs);
    }
    return measured(samples);
  });
}
