import type { Input } from '../../client/state/input.ts';
import { initialState } from '../../client/state/queue-state.ts';
import { step } from '../../client/state/step.ts';
import { ME, Told } from '../../client/testing/told.ts';
import { defineBench, type Unit } from './bench.ts';
import { measured } from './sample.ts';

const ITEMS = 5_000;
const NODES_PER_ITEM = 8;
const INVOCATIONS = 100_000;

function begun(): { told: Told; inputs: Input[] } {
  const told = new Told();
  return { told, inputs: [told.hello(), told.live()] };
}

/** A sweep: every session with its start, its nodes and its end. */
function sweep(): Input[] {
  const { told, inputs } = begun();
  inputs.push(told.enqueued(1, ITEMS));
  for (let item = 1; item <= ITEMS; item++) {
    inputs.push(told.status(item, 'in_progress', 1));
    for (let node = 1; node <= NODES_PER_ITEM; node++)
      inputs.push(told.started(item, `node-${node}`), told.complete(item, `node-${node}`));
    inputs.push(told.status(item, 'completed', 2));
  }
  return inputs;
}

/** One session that iterates. */
function iteration(): Input[] {
  const { told, inputs } = begun();
  inputs.push(told.status(1, 'in_progress', 1));
  for (let index = 0; index < INVOCATIONS; index++)
    inputs.push(told.started(1, `draw#${index}`), told.complete(1, `draw#${index}`));
  return inputs;
}

/** µs an event. */
function reduce(inputs: readonly Input[]): number {
  const startedAt = performance.now();
  let state = initialState({ user_id: ME });
  for (const input of inputs) ({ state } = step(state, input));
  return ((performance.now() - startedAt) * 1_000) / inputs.length;
}

const unit: Unit = 'µs';

export default defineBench({
  name: 'client_state',
  what: `what a page's state model takes for an event: ${ITEMS.toLocaleString('en-US')} sessions of ${NODES_PER_ITEM} nodes`,
  unit,
  runs: 5,
  parts: {
    iteration: { what: `the same within one session of ${INVOCATIONS.toLocaleString('en-US')} invocations`, unit },
  },
  run: async ({ runs, progress }) => {
    const [many, one] = [sweep(), iteration()];
    const samples: { many: number[]; one: number[] } = { many: [], one: [] };
    for (let run = -1; run < runs; run++) {
      const [of_many, of_one] = [reduce(many), reduce(one)];
      if (run >= 0) {
        samples.many.push(of_many);
        samples.one.push(of_one);
      }
      progress(run + 1, runs);
    }
    return { ...measured(samples.many), parts: { iteration: measured(samples.one) } };
  },
});
