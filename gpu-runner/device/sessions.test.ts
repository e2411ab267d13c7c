import fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SessionStep } from '../../graph/session/step.ts';
import type { InvocationContext, Node } from '../nodes/node.ts';
import { integerNode } from '../nodes/primitives/integer.ts';
import { Breath } from './breath.ts';
import type { Services } from './context.ts';
import { FlightRecorder, openRecorder, readRecord } from './flight-recorder.ts';
import { Hooks } from './hooks.ts';
import type { FromDevice } from './messages.ts';
import { Outgoing } from './outgoing.ts';
import { Processor } from './processor.ts';
import { Reporter } from './reporter.ts';
import { SessionRunner } from './session-runner.ts';
import { invocation } from './testing/one-session.ts';

let fd: number;

beforeEach(() => {
  fd = openRecorder();
});

afterEach(() => fs.closeSync(fd));

/** What the node `id` of item 1 or 2 does. */
type Act = (id: string, context: InvocationContext) => Promise<unknown>;

/** Runs items 1 and 2 at a time, with the nodes a and b each. */
async function runBoth(act: Act): Promise<string[]> {
  const ended: string[] = [];
  const done = Promise.withResolvers<void>();
  const outgoing = new Outgoing<FromDevice>((messages) => {
    for (const message of messages)
      if (message.kind === 'entry' && /^session_(complete|failed)$/.test(message.entry))
        ended.push(`${message.ticket} ${message.entry}`);
    if (ended.length === 2) done.resolve();
  });
  const stopwatch = () => performance.now();
  const reporter = new Reporter(outgoing, stopwatch);
  const recorder = new FlightRecorder(fd, 2, () => 0);
  const breath = new Breath(stopwatch, 2);
  const invoke: Node['invoke'] = async ({ item }, context) => {
    await act(`${item}${context.invocation_id}`, context);
    return { value: 1 };
  };
  const runner = new SessionRunner({
    nodes: new Map([['integer', { definition: integerNode.definition, invoke }]]),
    open: ({ grant: { item_id } }) => {
      const steps: SessionStep[] = ['a', 'b'].map((id) => invocation(id, 'integer', { inputs: { item: item_id } }));
      return {
        next: () => steps.shift() ?? { kind: 'complete' },
        complete: (_, output) => ({ type: 'integer_output', ...output }),
        take: () => undefined,
      };
    },
    services: { breath, reporter, recorder } as unknown as Services,
    ...{ hooks: new Hooks(), device: 'cpu', now: () => 0, stopwatch },
  });
  const processor = new Processor({ runner, reporter, breath, hooks: new Hooks(), recorder, sessions: 2 });
  for (const item_id of [1, 2])
    processor.accept(item_id, {
      ...{ item_id, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
      ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
    });
  void processor.run();
  await done.promise;
  return ended;
}

test('whoever looks at the record while a node runs finds that node, and those that wait beside it', async () => {
  const current: string[] = [];
  const most: number[] = [];
  await runBoth(async (id, context) => {
    for (let step = 0; step < 3; step++) {
      const record = readRecord(fd);
      const on = record.running.find(({ ticket }) => ticket === record.current);
      current.push(`${id}: ${on?.ticket}${on?.invocation_id}`);
      most.push(record.running.length);
      await context.checkpoint();
    }
  });
  expect(current).toHaveLength(12);
  for (const each of current) expect(each).toMatch(/^(\d\w): \1$/);
  expect(Math.max(...most)).toBe(2);
});

test('sessions that ask at checkpoints take turns, and both have started before either has ended', async () => {
  const turns: string[] = [];
  await runBoth(async (id, context) => {
    for (let step = 0; step < 4; step++) {
      turns.push(id);
      await context.checkpoint();
    }
  });
  const items = turns.map((id) => id[0]);
  for (let at = 0; at + 4 <= items.length; at++) expect(new Set(items.slice(at, at + 4)).size).toBe(2);
  expect(turns.indexOf('2a')).toBeLessThan(turns.lastIndexOf('1a'));
});

test('nodes that never wait share the thread too', async () => {
  const order: string[] = [];
  await runBoth(async (id) => {
    order.push(id);
    for (const until = performance.now() + 6; performance.now() < until; );
  });
  expect(order).toEqual(['1a', '2a', '1b', '2b']);
});

test('one that fails leaves the other one alone', async () => {
  const ended = await runBoth(async (id, context) => {
    await context.checkpoint();
    if (id === '1a') throw new Error('broken');
  });
  expect(ended).toEqual(['1 session_failed', '2 session_complete']);
});
