/**
 * Held requests: an answer that is given once the item is final, or when the time is over. They end in the Worker,
 * over a socket to the queue's object, which may hibernate meanwhile.
 */
import { z } from 'zod';
import { WAIT_SECONDS_MAX } from '../../contract/limits.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { AppContext } from '../env.ts';
import { read } from './queue-call.ts';
import { socketOf } from './queue-socket.ts';

/** For the query and the headers of an operation that can be held. */
export const WaitQuery = {
  wait: z.coerce
    .number()
    .min(0)
    .max(WAIT_SECONDS_MAX)
    .optional()
    .describe(
      'seconds that the answer may be held until the item is final; the header `Prefer: wait=20` asks the same',
    ),
};
export const WaitHeaders = z.object({
  prefer: z
    .string()
    .optional()
    .describe(`wait=20: hold the answer for so many seconds, at most ${WAIT_SECONDS_MAX}, until the item is final`),
});

const PREFERENCE = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[;,]|$)/i;

/** Seconds that a Prefer header asks for, as far as they are granted; null when it asks for none (RFC 7240). */
export function preferredWait(prefer: string | undefined): number | null {
  const seconds = PREFERENCE.exec(prefer ?? '')?.[1];
  return seconds === undefined ? null : Math.min(Number(seconds), WAIT_SECONDS_MAX);
}

/** Waits as the request asks, before it is answered. */
export async function hold(c: AppContext, item_id: number, wait: number | undefined): Promise<void> {
  const preferred = wait === undefined ? preferredWait(c.req.header('prefer')) : null;
  const seconds = wait ?? preferred ?? 0;
  if (seconds > 0) await untilFinal(c, item_id, Date.now() + seconds * 1_000);
  if (preferred !== null) c.header('preference-applied', `wait=${preferred}`);
}

/** After a socket broke: the object may be starting anew. */
const AGAIN_MS = 250;

async function untilFinal(c: AppContext, item_id: number, until: number): Promise<void> {
  while (Date.now() < until) {
    // Listening comes first: what happens between the look and the wait must not be missed.
    const changes = new Changes(await socketOf(c, '/events', { item_id, progress: 'false' }));
    try {
      do if (await isOver(c, item_id)) return;
      while (await changes.next(until - Date.now()));
    } finally {
      changes.close();
    }
    await changes.pause(Math.min(AGAIN_MS, until - Date.now()));
  }
}

/** Final, or not there. */
async function isOver(c: AppContext, item_id: number): Promise<boolean> {
  const { items } = await read(c, 'items_by_ids', { item_ids: [item_id], summaries: true });
  return items.every(({ summary }) => isFinal(summary.status));
}

/** Every event of the item that may be its last. */
class Changes {
  readonly #socket: WebSocket;
  #count = 0;
  #ended = false;
  #signal: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { name, sequence } = JSON.parse(String(data)) as { name: string; sequence?: number };
      if (name === 'acknowledge') socket.send(JSON.stringify({ ack: sequence }));
      if (!name.startsWith('queue_')) return;
      this.#count++;
      this.#signal();
    });
    const end = () => {
      this.#ended = true;
      this.#signal();
    };
    socket.addEventListener('close', end);
    socket.addEventListener('error', end);
    socket.accept();
  }

  /** Whether something came, since the last time or within `ms`; not when the socket ended. */
  async next(ms: number): Promise<boolean> {
    if (this.#count === 0 && !this.#ended) await this.pause(ms);
    const came = this.#count > 0;
    this.#count = 0;
    return came;
  }

  /** Until something comes, or the time is over. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#socket.close(1000);
  }
}
