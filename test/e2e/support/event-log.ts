/** Everything that a queue says from now on, ephemeral events among it, to look for and to wait for. */
import { onTestFinished } from 'vitest';
import type { StreamFrame } from '../../../client/events/stream-cursor.ts';
import type { QueueClient } from '../../../client/queue.ts';
import type { QueueEvent } from '../../../contract/event/registry.ts';
import type { Command } from './command.ts';

export class EventLog {
  readonly seen: StreamFrame[] = [];
  #waiting: (() => void)[] = [];
  #failure: unknown;

  /** Resolves when it listens. */
  static async of(queue: QueueClient): Promise<EventLog> {
    const log = new EventLog();
    const events = queue.events();
    onTestFinished(() => events.close());
    void log.#read(events).catch((error: unknown) => {
      log.#failure = error;
      log.#wake();
    });
    await log.until(({ name }) => name === 'hello');
    return log;
  }

  /** What is waited for will not come once this has ended. */
  needs(command: Command): void {
    void command.ended.then(() => {
      this.#failure ??= new Error(`It ended before what was waited for:\n${command.output()}`);
      this.#wake();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  async #read(events: AsyncIterable<StreamFrame>): Promise<void> {
    for await (const frame of events) {
      this.seen.push(frame);
      this.#wake();
    }
  }

  /** Resolves with the first that fits, past or to come. */
  async until(fits: (frame: StreamFrame) => boolean): Promise<StreamFrame> {
    for (;;) {
      const found = this.seen.find(fits);
      if (found) return found;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async hears<Name extends QueueEvent['name']>(
    name: Name,
    item_id: number,
    fits: (event: Extract<QueueEvent, { name: Name }>) => boolean = () => true,
  ): Promise<Extract<QueueEvent, { name: Name }>> {
    type Event = Extract<QueueEvent, { name: Name }>;
    const found = await this.until(
      (frame) => frame.name === name && 'item_id' in frame && frame.item_id === item_id && fits(frame as Event),
    );
    return found as Event;
  }

  async status(item_id: number, status: string): Promise<void> {
    await this.hears('queue_item_status_changed', item_id, (event) => event.status === status);
  }

  /** How often something was said of an item. */
  count(name: QueueEvent['name'], item_id: number): number {
    return this.seen.filter((frame) => frame.name === name && 'item_id' in frame && frame.item_id === item_id).length;
  }
}
