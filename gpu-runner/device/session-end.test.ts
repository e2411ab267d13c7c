import { describe, expect, test } from 'vitest';
import type { SessionHooks } from './hooks.ts';
import type { Processor } from './processor.ts';
import { called, invocation, run, said, TICKET, useSession } from './testing/one-session.ts';

useSession();

const broken = () => {
  throw new RangeError('broken');
};
const fails = { integer: async () => broken() };
const nothing = { kind: 'stalled' as const, blocked: [] };
const ran = (id: string) => [`invocation_started ${id}`, `invocation_complete ${id}`];
const results = () =>
  said.flatMap((message) => (message.kind === 'entry' ? [JSON.parse(message.json)] : [])).at(-1)?.results;
const logged = () => said.flatMap((message) => (message.kind === 'log' ? [message.message.split('\n')[0]] : []));

describe('failures of our own', () => {
  test('before the session: nothing of it is opened', async () => {
    let opened = 0;
    const open = () => {
      opened += 1;
      return broken();
    };
    await run({ open, hooks: [{ before_session: broken }] });
    expect(opened).toBe(0);
    expect(called).toEqual(['before_session', 'processor_error broken', 'session_over']);
  });

  test('a session that cannot be opened has begun, and nothing of it is measured', async () => {
    expect(await run({ open: async () => broken() })).toEqual([
      ...['session_started', 'session_failed ProcessorError: broken'],
    ]);
    expect(called).toEqual(['before_session', 'processor_error broken', 'session_over']);
  });

  test('after all nodes: the item fails, and its results stay', async () => {
    const hooks = [{ after_session: broken }];
    expect(await run({ steps: [invocation('a'), invocation('b')], hooks })).toEqual([
      ...['session_started', ...ran('a'), ...ran('b'), 'session_failed ProcessorError: broken'],
    ]);
    expect(results()).toBe(2);
  });

  test('after a node’s error: that stays what ended the item', async () => {
    const hooks = [{ after_session: () => Promise.reject(new Error('later')) }];
    expect(await run({ steps: [invocation('a')], nodes: fails, hooks })).toEqual([
      ...['session_started', 'invocation_started a', 'invocation_error RangeError: broken'],
      'session_failed RangeError: broken',
    ]);
    expect(called.slice(-2)).toEqual(['processor_error later', 'session_over']);
  });

  test('when everything has been said: the item has its end already', async () => {
    expect(await run({ steps: [invocation('a')], hooks: [{ session_over: broken }] })).toEqual([
      ...['session_started', ...ran('a'), 'session_complete'],
    ]);
    expect(called.at(-1)).toBe('processor_error broken');
  });

  test('where a node’s error is told: the item ends once, with the node’s', async () => {
    const entries = await run({ steps: [invocation('a')], nodes: fails, hooks: [{ node_error: broken }] });
    expect(entries.slice(2)).toEqual(['invocation_error RangeError: broken', 'session_failed ProcessorError: broken']);
    expect(results()).toBe(1);
  });

  test('where our own failure is told: it is logged, and the others are still told of the next', async () => {
    const processor_error = () => {
      throw new Error('deaf');
    };
    await run({ open: broken, hooks: [{ processor_error }] });
    expect(logged()).toEqual(['broken', 'a processor_error hook failed: deaf']);
    expect(called.at(-1)).toBe('session_over');
  });
});

describe('a cancel', () => {
  const cancel = (processor: Processor) => processor.cancel(TICKET);
  const during = (setting: (order: () => void) => Parameters<typeof run>[0]) => {
    let order = () => {};
    return run(
      setting(() => order()),
      (processor) => {
        order = () => cancel(processor);
      },
    );
  };
  const canceling = (order: () => void): Partial<SessionHooks>[] => [{ after_session: order }];

  test('[P132] while the session is brought back: it never runs', async () => {
    const entries = await during((order) => ({
      steps: [invocation('a')],
      open: async () => {
        order();
        return { next: () => nothing, complete: broken, take: broken };
      },
    }));
    expect(entries).toEqual(['session_started', 'session_stopped']);
    expect(called).toEqual(['before_session', 'after_session canceled', 'session_over']);
  });

  test('[P132] before the session: nothing but the stop is said', async () => {
    const entries = await during((order) => ({ steps: [invocation('a')], hooks: [{ before_session: order }] }));
    expect(entries).toEqual(['session_started', 'session_stopped']);
  });

  test('[P132] in the last node: its result is kept, and the session is not completed', async () => {
    const entries = await during((order) => ({
      steps: [invocation('a')],
      nodes: {
        integer: async () => {
          order();
          return { value: 1 };
        },
      },
    }));
    expect(entries).toEqual(['session_started', ...ran('a'), 'session_stopped']);
    expect(called.at(-2)).toBe('after_session canceled');
  });

  test('[P132] after the last node: the session is not completed', async () => {
    const entries = await during((order) => ({ steps: [invocation('a')], hooks: canceling(order) }));
    expect(entries).toEqual(['session_started', ...ran('a'), 'session_stopped']);
  });

  test('[P132] after the last entry: the completion stands', async () => {
    const entries = await during((order) => ({ steps: [invocation('a')], hooks: [{ session_over: order }] }));
    expect(entries).toEqual(['session_started', ...ran('a'), 'session_complete']);
  });
});

test('[P138] a session with nothing ready is not completed, and keeps what it recorded', async () => {
  const entries = await run({ steps: [invocation('a'), { kind: 'stalled', blocked: ['b'] }] });
  expect(entries.slice(0, -1)).toEqual(['session_started', ...ran('a')]);
  expect(entries.at(-1)).toMatch(/^session_failed ProcessorError: /);
  expect(results()).toBe(1);
});

test('a node that runs again and fails: its record stays, and the session says why it failed', async () => {
  const recorded = [{ invocation_id: 'a', result: { type: 'integer_output', value: 1 } }];
  const steps = [invocation('a', 'integer', { recompute: true })];
  expect(await run({ steps, nodes: fails, recorded })).toEqual([
    ...['session_started', 'session_failed RangeError: broken'],
  ]);
  expect(results()).toBe(1);
  expect(called).toContain('node_error a RangeError');
});

test('[P137] who listens after a node sees the inputs that it had', async () => {
  const seen: unknown[] = [];
  const after_node: SessionHooks['after_node'] = ({ invocation: { inputs }, cached }) =>
    void seen.push([inputs, cached]);
  await run({ steps: [invocation('a', 'integer', { inputs: { value: 5 } })], hooks: [{ after_node }] });
  expect(seen).toEqual([[{ value: 5 }, false]]);
});
