/** A whole local system without runners, whose workerd a test may kill: miniflare starts it again, on the same state. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createClient } from '../../../client/client.ts';
import type { QueueClient } from '../../../client/queue.ts';
import type { QueueSettings } from '../../../contract/queue/queue.ts';
import { isRunning } from '../../../infra/local/process-identity.ts';
import { readRecord } from '../../../infra/local/process-record.ts';
import { LocalSystem } from '../../../infra/local/system.ts';

/** For one test. */
export async function localEdge(): Promise<LocalSystem> {
  const system = await startEdge();
  onTestFinished(() => system.kill());
  return system;
}

/** For whoever kills it. */
export function startEdge(options: { origins?: string } = {}): Promise<LocalSystem> {
  const state = mkdtempSync(path.join(tmpdir(), 'switchyard-e2e-'));
  return LocalSystem.start({ ...options, state, port: 0, runners: 0, temporary: true });
}

export async function makeQueue(
  system: LocalSystem,
  queue_id: string,
  settings: Partial<QueueSettings>,
): Promise<QueueClient> {
  const client = createClient(system);
  await client.queues.create({ queue_id, settings });
  return client.queue(queue_id);
}

/** As `kill -9` does. Its pid; undefined when one is just starting. */
export function killEdge(system: LocalSystem): number | undefined {
  const { parts } = readRecord(path.join(system.state, 'processes'));
  const workerd = parts.findLast((part) => part.role === 'workerd' && isRunning(part));
  if (workerd) process.kill(workerd.pid, 'SIGKILL');
  return workerd?.pid;
}
