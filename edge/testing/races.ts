/** Calls that overtake one another: every order of their steps, on the real stores. */
import { expect } from 'vitest';
import { emptyStores, misnamedObjects } from './bucket.ts';
import { interleavings } from './interleavings.ts';

export type Step = () => Promise<unknown>;

export const inOrder = async (steps: readonly Step[]) => {
  for (const step of steps) await step();
};

/**
 * Runs the actors that `make` returns once in every order; it makes new ones for each, on empty stores, and what to
 * check after. How many orders there were.
 */
export async function inEveryOrder(make: () => Promise<{ actors: Step[][]; check: Step }>): Promise<number> {
  const { actors, check } = await make();
  const orders = interleavings(actors.map((steps, actor) => steps.map((_, at) => [actor, at] as const)));
  for (const [index, order] of orders.entries()) {
    const run = index === 0 ? { actors, check } : await make();
    for (const [actor, at] of order) await run.actors[actor]?.[at]?.();
    try {
      await run.check();
      expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
    } catch (error) {
      throw new Error(`in the order ${JSON.stringify(order)}`, { cause: error });
    }
    await emptyStores();
  }
  return orders.length;
}
