/** `watch`: the queue as it changes; a live table on a terminal, else one line an event. */
import type { StreamDisconnected, StreamFrame } from '../../client/events/stream-cursor.ts';
import type { QueueClient } from '../../client/queue.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { FullScreen } from '../live/full-screen.ts';
import { Rate } from '../live/rate.ts';
import { openTerminal, printJson } from '../terminal.ts';
import { eventLine } from '../watch/event-line.ts';
import { pageLines } from '../watch/page.ts';
import { QueuePicture } from '../watch/queue-picture.ts';

export interface WatchOptions extends ConnectionOptions {
  item?: number;
  batch?: string;
  json?: boolean;
}

/** A person sees no more, and a busy queue would spend itself on drawing. */
const DRAW_EVERY_MS = 100;

/** Counters that no event told are read as often as this at most. */
const COUNT_EVERY_MS = 500;

/** Items of each kind that are read at the beginning. */
const READ_MAX = 50;

export async function watch(options: WatchOptions): Promise<number> {
  const { queue } = connect(options);
  const { signal } = listenForInterrupt();
  const terminal = openTerminal({});
  // A service that cannot be reached, or has no such thing, fails here; the stream would wait for it.
  if (options.batch !== undefined) await queue.batchStatus(options.batch, { signal });
  else if (options.item !== undefined) await queue.item(options.item, { signal });
  else await queue.status({ signal });
  if (terminal.interactive && !options.json) return new WatchedQueue(queue, options).untilLeft(signal);
  let connected = true;
  for await (const frames of queue.events({ ...filterOf(options), signal }).batches())
    for (const frame of frames) {
      const isLost = frame.name === 'disconnected';
      if (isLost || (frame.name === 'hello' && !connected))
        process.stderr.write(isLost ? 'The connection is lost; it is waited for.\n' : 'The service is there again.\n');
      if (isLost || frame.name === 'hello') connected = !isLost;
      if (frame.name === 'disconnected') continue;
      if (options.json) printJson(frame);
      else {
        const line = eventLine(frame);
        if (line !== null) terminal.line(line);
      }
    }
  return EXIT.interrupted;
}

const filterOf = ({ item, batch }: WatchOptions) => ({
  ...(item === undefined ? {} : { item_id: item }),
  ...(batch === undefined ? {} : { batch_id: batch }),
});

/** A screen that follows a queue until a key or a signal ends it. */
class WatchedQueue {
  readonly #queue: QueueClient;
  readonly #options: WatchOptions;
  readonly #picture: QueuePicture;
  readonly #rate = new Rate();
  readonly #end = new AbortController();
  #changed = true;

  constructor(queue: QueueClient, options: WatchOptions) {
    this.#queue = queue;
    this.#options = options;
    this.#picture = new QueuePicture({ ofBatch: options.batch !== undefined });
  }

  async untilLeft(interrupted: AbortSignal): Promise<number> {
    let code: number = EXIT.interrupted;
    interrupted.addEventListener('abort', () => this.#end.abort());
    const screen = new FullScreen(process.stdout, process.stdin, {
      onResize: () => this.#draw(screen),
      onInterrupt: () => this.#end.abort(),
      onQuit: () => {
        code = EXIT.ok;
        this.#end.abort();
      },
    });
    let drawnAt = 0;
    const drawing = setInterval(() => {
      // Times go on by themselves.
      if (!this.#changed && Date.now() - drawnAt < 1_000) return;
      drawnAt = Date.now();
      this.#draw(screen);
    }, DRAW_EVERY_MS);
    const counting = setInterval(() => {
      if (this.#picture.stale && this.#picture.connected) this.#readCounts().catch(() => {});
    }, COUNT_EVERY_MS);
    try {
      const stream = this.#queue.events({ ...filterOf(this.#options), signal: this.#end.signal });
      for await (const frames of stream.batches()) for (const frame of frames) this.#take(frame);
    } finally {
      clearInterval(drawing);
      clearInterval(counting);
      screen.close();
    }
    return code;
  }

  #take(frame: StreamFrame | StreamDisconnected): void {
    this.#picture.take(frame);
    this.#changed = true;
    // What was there before the first event, and who came and went while nobody listened.
    if (frame.name === 'hello') this.#readRest(frame.mode === 'current').catch(() => {});
  }

  #draw(screen: FullScreen): void {
    this.#changed = false;
    const { queue_id } = this.#queue;
    const { item, batch } = this.#options;
    const now = performance.now();
    const rate = this.#rate.perSecond(this.#picture.ended, now);
    this.#rate.take(this.#picture.ended, now);
    const narrowed = [item === undefined ? '' : `item ${item}`, batch === undefined ? '' : `batch ${batch}`];
    const title = [`queue ${queue_id}`, ...narrowed].filter(Boolean).join(', ');
    const { columns, rows } = screen;
    const { colors } = openTerminal({});
    screen.draw(pageLines(this.#picture, { title, colors, columns, rows, rate, now: Date.now() }));
  }

  async #readCounts(): Promise<void> {
    const take = this.#picture.countsRead();
    const { batch } = this.#options;
    const { signal } = this.#end;
    if (batch !== undefined) take(await this.#queue.batchStatus(batch, { signal }));
    else {
      const { queue, processor } = await this.#queue.status({ signal });
      take(queue);
      this.#picture.paused ??= !processor.is_started;
    }
    this.#changed = true;
  }

  async #readRest(items: boolean): Promise<void> {
    const { signal } = this.#end;
    const { item, batch } = this.#options;
    await this.#readCounts();
    const runners = await this.#queue.runners({ signal });
    this.#picture.runners.clear();
    for (const runner of runners) this.#picture.runners.set(runner.runner_id, runner);
    if (items && item !== undefined) this.#picture.takeItem(await this.#queue.item(item, { signal }));
    else if (items)
      for (const status of ['in_progress', 'completed', 'failed'] as const) {
        const filter = { status, limit: READ_MAX, ...(batch === undefined ? {} : { batch_id: batch }) };
        const page = await this.#queue.list({ ...filter, order_dir: 'DESC' }, { signal });
        for (const each of page.items) this.#picture.takeItem(each);
      }
    this.#changed = true;
  }
}
