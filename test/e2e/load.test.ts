/**
 * A queue under load, in workerd: 100,000 items, 1,000 streams of which one never reads, a runner that never answers, and
 * another that drains as fast as it can. Nothing may be refused, lost, or slow for the others; the memory that it takes is
 * the bench's (queue_memory).
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { CLOSE_BEHIND } from '../../contract/event/close-codes.ts';
import { BenchEdge, ProtocolClient, promptBatch } from '../bench/edge.ts';
import { silentSocket } from '../support/silent-socket.ts';

const ITEMS = 100_000;
const STREAMS = 1_000;
/** Four events each: more than a stream may have under way before it is closed. */
const DRAINED = 7_500;
const STRIDE = 250;

interface Counts {
  pending: number;
  in_progress: number;
  completed: number;
  failed: number;
}

const countsOf = async (edge: BenchEdge, queue: string): Promise<Counts> =>
  (await edge.get<{ queue: Counts }>(`${queue}/status`)).queue;

/** The names of what a stream of one item hears, until its end. */
function heard(socket: WebSocket): Promise<string[]> {
  const names: string[] = [];
  return new Promise((resolve, reject) => {
    socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code} after ${names}`)));
    socket.addEventListener('message', ({ data }) => {
      const { name, status } = JSON.parse(String(data)) as { name: string; status?: string };
      names.push(name);
      if (status === 'completed') resolve(names);
    });
  });
}

/** Reads what was sent to a silent socket up to the frame that closes it, and the code in it. */
async function closeCode(socket: Socket): Promise<number> {
  let tail = Buffer.alloc(0);
  for await (const chunk of socket) {
    tail = Buffer.concat([tail.subarray(-125), chunk as Buffer]);
    // 0x88: the only frame of its kind, and the last one. Text holds no such byte in this stream.
    const at = tail.indexOf(0x88);
    if (at >= 0 && tail.length >= at + 4) return tail.readUInt16BE(at + 2);
  }
  return 0;
}

describe('a queue under load', () => {
  test('serves whoever behaves, and ends what does not', { timeout: 120_000 }, async () => {
    await BenchEdge.with(new AbortController().signal, async (edge) => {
      const queue = await edge.queue({ runner_timeout_seconds: 10 });
      await edge.post(`${queue}/enqueue_batch`, promptBatch(ITEMS));
      const busy = new ProtocolClient(edge, queue);
      await busy.register('busy');
      let grants = await busy.claim(STRIDE);
      const lazy = new ProtocolClient(edge, queue);
      await lazy.register('lazy');
      const held = new Set((await lazy.claim(STRIDE)).map((grant) => grant.item_id));
      expect([grants.length, held.size]).toEqual([STRIDE, STRIDE]);

      const silent = await silentSocket(`${edge.system.url}${queue}/events`, edge.system.key);
      const watched = grants[0]?.item_id;
      const streams = Array.from({ length: STREAMS - 1 }, () => edge.socket(`${queue}/events?item_id=${watched}`));
      try {
        await Promise.all(streams.map((socket) => once(socket, 'open')));
        const told = Promise.all(streams.map(heard));
        // Judged below; a stream that closes before is no reason to leave the others open.
        told.catch(() => undefined);
        let slowest = 0;
        for (let drained = 0; drained < DRAINED; drained += STRIDE) {
          grants = await busy.complete(grants, STRIDE);
          const asked = performance.now();
          await countsOf(edge, queue);
          slowest = Math.max(slowest, performance.now() - asked);
        }
        // Behind every other call, a read waits for one of them at most, not for a thousand streams.
        expect(slowest).toBeLessThan(5_000);

        for (const names of await told)
          expect(names.filter((name) => name !== 'hello' && name !== 'live')).toEqual([
            'queue_item_status_changed',
            'invocation_started',
            'invocation_complete',
            'queue_item_status_changed',
          ]);
        // What was sent to the silent one ends with a close, which the queue sent by itself.
        expect(await closeCode(silent)).toBe(CLOSE_BEHIND);

        // The lazy runner is lost, and what it held is done by somebody else, before what came later.
        for (let left = held.size; left > 0; ) {
          grants = await busy.complete(grants, STRIDE);
          left -= grants.filter(({ item_id }) => held.has(item_id)).length;
        }
        const counts = await countsOf(edge, queue);
        expect(counts.failed).toBe(0);
        expect(counts.pending + counts.in_progress + counts.completed).toBe(ITEMS);
      } finally {
        silent.destroy();
        for (const socket of streams) socket.close();
      }
    });
  });
});
