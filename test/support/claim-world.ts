/** A queue with a runner that claims, for tests of the order of claims. */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import { ProtocolRunner, plainBatch, QueueFixture, RUNNER } from './queue-fixture.ts';

export type Over = Parameters<typeof plainBatch>[2];

/** Of a graph that runs on `type` and names these models. */
export const needs = (models: readonly string[], type = 'integer'): Over => ({
  requirement: JSON.stringify({ engine: 1, types: [[type, '1.0.0']], models }),
});

export class ClaimWorld {
  readonly fixture: QueueFixture;
  readonly runner: ProtocolRunner;
  #batches = 0;

  static async open(settings: Partial<QueueSettings> = {}): Promise<ClaimWorld> {
    return new ClaimWorld(await QueueFixture.open(settings));
  }

  private constructor(fixture: QueueFixture) {
    this.fixture = fixture;
    this.runner = new ProtocolRunner(fixture).register();
  }

  enqueue(user_id: string, count = 1, over: Over = {}) {
    return this.fixture.enqueue(plainBatch(`b${++this.#batches}`, count, { user_id, ...over }));
  }

  grants(max_items: number, models: readonly string[] = []) {
    const claim = ++this.runner.claims;
    return this.fixture.command(
      'claim',
      { ...this.runner.identity, claim, max_items, batches: [], models: [...models] },
      RUNNER,
    ).grants;
  }

  claim(max_items: number, models: readonly string[] = []): number[] {
    return this.grants(max_items, models).map((grant) => grant.item_id);
  }

  next(): number | null {
    return this.fixture.read('next', null)?.summary.item_id ?? null;
  }

  service(user_id: string): number {
    return this.fixture.queue.sql.one<{ service: number }>('SELECT service FROM users WHERE user_id = ?', user_id)
      .service;
  }
}
