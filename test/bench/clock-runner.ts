/** A real agent and device child whose `string` node tells when it ran: see clock-device.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchEdge } from './edge.ts';
import { Watch } from './watch.ts';

const AGENT = fileURLToPath(new URL('./clock-agent.ts', import.meta.url));

/** A session of one node, which answers its start. */
export const CLOCK_GRAPH = JSON.stringify({ graph: { nodes: { clock: { type: 'string', use_cache: false } } } });

export interface ClockBench {
  edge: BenchEdge;
  /** The address of the queue that the runner works for. */
  queue: string;
  watch: Watch;
}

/** Milliseconds from `from` until the clock node runs, once `caused` is sent; waits for the end of its session too. */
export async function ranAfter({ watch }: ClockBench, from: bigint, caused: Promise<unknown>): Promise<number> {
  const ran = watch.until(({ name, invocation_id }) => name === 'invocation_complete' && invocation_id === 'clock');
  const completed = watch.until(({ status }) => status === 'completed');
  const [, { result }] = await Promise.all([caused, ran, completed]);
  return Number(BigInt(result?.value ?? '') - from) / 1e6;
}

export function withClockRunner<T>(signal: AbortSignal, measure: (bench: ClockBench) => Promise<T>): Promise<T> {
  return BenchEdge.with(signal, async (edge) => {
    const queue = await edge.queue();
    const watch = await Watch.open(edge, queue);
    const { url, runner_key, state } = edge.system;
    const args = [AGENT, url, runner_key, path.basename(queue), path.join(state, 'models')];
    const runner = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    });
    const ended = once(runner, 'exit');
    try {
      return await measure({ edge, queue, watch });
    } finally {
      watch.close();
      runner.kill('SIGKILL');
      await ended;
    }
  });
}
