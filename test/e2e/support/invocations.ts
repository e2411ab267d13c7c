/** What a queue's events say of its items, next to what its rows say. */
import { expect } from 'vitest';
import type { QueueClient } from '../../../client/queue.ts';
import type { QueueEvent } from '../../../contract/event/registry.ts';
import type { InvocationRecord } from '../../../contract/queue/item.ts';

export type Completed = Extract<QueueEvent, { name: 'invocation_complete' }>;

/**
 * Reads the events of a whole queue from the first one on, however often its edge goes away, and hands them on until
 * `enough`. Every sequence comes once, and none is missing.
 */
export async function readEvents(
  queue: QueueClient,
  enough: (event: QueueEvent) => boolean,
  signal?: AbortSignal,
): Promise<QueueEvent[]> {
  const seen: QueueEvent[] = [];
  for await (const frame of queue.events({ after: 0, signal })) {
    if (frame.name === 'hello') expect(frame.mode).not.toBe('snapshot');
    if (frame.name === 'hello' || frame.name === 'snapshot' || frame.name === 'live') continue;
    if ('sequence' in frame) expect([frame.prev, frame.sequence]).toEqual([seen.length, seen.length + 1]);
    else continue;
    seen.push(frame);
    if (enough(frame)) break;
  }
  return seen;
}

/** The durable events of a queue so far. */
export async function history(queue: QueueClient): Promise<QueueEvent[]> {
  const events = queue.events({ after: 0 });
  const seen: QueueEvent[] = [];
  for await (const frame of events) {
    if (frame.name === 'live') break;
    if (frame.name !== 'hello' && frame.name !== 'snapshot') seen.push(frame);
  }
  return seen;
}

export async function invocationsOf(queue: QueueClient, item_id: number): Promise<InvocationRecord[]> {
  const records = [];
  for await (const record of queue.invocations(item_id)) records.push(record);
  return records;
}

/** `invocation_id` is unique in its item alone. */
export const nameOf = ({ item_id, invocation_id }: { item_id: number; invocation_id: string }): string =>
  `${item_id} ${invocation_id}`;
