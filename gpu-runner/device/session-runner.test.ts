import { describe, expect, test } from 'vitest';
import type { SessionStep } from '../../graph/session/step.ts';
import { graphOf, sessionOf } from '../../graph/testing/graph-builder.ts';
import { catalogueOf } from '../nodes/catalogue.ts';
import { CanceledError, type Node } from '../nodes/node.ts';
import type { Processor } from './processor.ts';
import type { RunnableSession } from './session-runner.ts';
import { called, invocation, NODES, run, said, useSession } from './testing/one-session.ts';

useSession();

test('hooks come after what the runner itself does, in the order of the session', async () => {
  expect(await run({ steps: [invocation('a'), invocation('b', 'add')] })).toEqual([
    'session_started',
    ...['invocation_started a', 'invocation_complete a', 'invocation_started b', 'invocation_complete b'],
    'session_complete',
  ]);
  expect(called).toEqual([
    ...['before_session', 'before_node a', 'after_node a {"value":1}', 'before_node b', 'after_node b {"value":2}'],
    'after_session completed',
    'session_over',
  ]);
});

test('what runs again only for its ephemeral outputs is not reported again', async () => {
  const entries = await run({ steps: [invocation('a', 'integer', { recompute: true }), invocation('b')] });
  expect(entries).toEqual(['session_started', 'invocation_started b', 'invocation_complete b', 'session_complete']);
});

describe('errors', () => {
  const broken = () => {
    throw new RangeError('broken');
  };

  test.each([
    ['a node', { nodes: { integer: async () => broken() } }],
    ['a hook before the node', { hooks: [{ before_node: broken }] }],
    ['a hook after the node', { hooks: [{ after_node: broken }] }],
  ])('of %s are the node’s and end the session', async (_, setting) => {
    expect(await run({ ...setting, steps: [invocation('a'), invocation('b')] })).toEqual([
      ...['session_started', 'invocation_started a', 'invocation_error RangeError: broken'],
      'session_failed RangeError: broken',
    ]);
    expect(called.slice(-3)).toEqual(['node_error a RangeError', 'after_session failed', 'session_over']);
  });

  test.each([
    ['a hook before the session', { hooks: [{ before_session: broken }] }, []],
    [
      'a hook after the session',
      { hooks: [{ after_session: broken }] },
      ['invocation_started a', 'invocation_complete a'],
    ],
    ['a session that cannot be opened', { open: broken }, []],
  ])('of %s are ours', async (_, setting, between) => {
    expect(await run({ ...setting, steps: [invocation('a')] })).toEqual([
      'session_started',
      ...between,
      'session_failed ProcessorError: broken',
    ]);
    expect(called.slice(-2)).toEqual(['processor_error broken', 'session_over']);
  });

  test('inputs that do not fit', async () => {
    const step: SessionStep = {
      kind: 'input_error',
      invocation_id: 'a',
      source_id: 'a',
      field: 'value',
      message: 'no',
    };
    expect(await run({ steps: [step] })).toEqual([
      ...['session_started', 'invocation_error NodeInputError: no', 'session_failed NodeInputError: no'],
    ]);
  });

  test('a stall is ours, and names what is blocked', async () => {
    const entries = await run({ steps: [{ kind: 'stalled', blocked: ['x', 'y'] }] });
    expect(entries.at(-1)).toMatch(/^session_failed ProcessorError: .*x, y\.$/);
  });

  test('outputs of the wrong type, and a type that this runner lacks', async () => {
    const wrong = await run({ steps: [invocation('a')], nodes: { integer: async () => ({ value: 'one' }) } });
    expect(wrong.at(-1)).toMatch(/^session_failed OutputError: .*"value"/);
    expect((await run({ steps: [invocation('a', 'missing')] })).at(-1)).toMatch(/no node of type "missing"/);
  });
});

describe('orders', () => {
  const stepping = (order: (processor: Processor) => void) => {
    let processor: Processor | undefined;
    const invoke: Node['invoke'] = async (_, context) => {
      if (processor) order(processor);
      await context.checkpoint();
      return { value: 1 };
    };
    return run({ steps: [invocation('a'), invocation('b')], nodes: { integer: invoke } }, (each) => {
      processor = each;
    });
  };

  test('a canceled session stops at the next checkpoint, silently', async () => {
    expect(await stepping((processor) => processor.cancel(7))).toEqual([
      ...['session_started', 'invocation_started a', 'session_stopped'],
    ]);
    expect(called.slice(-2)).toEqual(['after_session canceled', 'session_over']);
  });

  test('a discarded one only says that it ended', async () => {
    expect(await stepping((processor) => processor.discard(7))).toEqual([
      ...['session_started', 'invocation_started a', 'ended'],
    ]);
  });

  test('a recall comes too late for what runs', async () => {
    expect((await stepping((processor) => processor.recall(7, 'recalled'))).at(-1)).toBe('session_complete');
  });

  test.each([
    ['cancel', (processor: Processor) => processor.cancel(7), ['session_stopped']],
    ['recall', (processor: Processor) => processor.recall(7, 'recalled'), ['session_released']],
    ['discard', (processor: Processor) => processor.discard(7), ['ended']],
  ])('%s before the start: it never runs', async (_, order, entries) => {
    expect(await run({ steps: [invocation('a')] }, order)).toEqual(entries);
    expect(called).toEqual([]);
  });

  test('a node that says "canceled" when nobody canceled has failed', async () => {
    const invoke = async () => {
      throw new CanceledError('not so');
    };
    expect((await run({ steps: [invocation('a')], nodes: { integer: invoke } })).at(-1)).toBe(
      'session_failed CanceledError: not so',
    );
  });
});

test('what is known already is stored again before it is said, and is announced as cached', async () => {
  const kept = { asset_name: 'a'.repeat(64), content_type: 'image/png', bytes: new Uint8Array(1) };
  const results = {
    find: () => ({ output: { value: 5 }, seconds: 1, assets: [kept] }),
    given: () => false,
    recordOf: () => undefined,
  };
  const invoke = async () => Promise.reject(new Error('it need not run'));
  await run({ steps: [invocation('a')], nodes: { integer: invoke }, results });
  const order = said.flatMap((each) =>
    each.kind === 'asset' ? [each.asset_name] : each.kind === 'entry' ? [each.entry] : [],
  );
  expect(order.slice(1, -1)).toEqual(['invocation_started', kept.asset_name, 'invocation_complete']);
  expect(said.find((each) => each.kind === 'entry' && each.json.includes('"cached":true'))).toBeDefined();
});

test('a session whose outputs together are too large fails at the node that goes beyond', async () => {
  const text = 'x'.repeat(60_000);
  const steps = Array.from({ length: 300 }, (_, index) =>
    invocation(`s${index}`, 'string', { inputs: { value: text } }),
  );
  const entries = await run({ steps });
  const recorded = entries.filter((entry) => entry.startsWith('invocation_complete')).length;
  expect(recorded).toBe(
    Math.floor((12 * 1024 * 1024) / JSON.stringify({ type: 'integer_output', value: text }).length),
  );
  expect(entries.slice(-2)).toEqual([
    expect.stringMatching(/^invocation_error OutputError: With these outputs the session has 12\d+ bytes of JSON, and/),
    expect.stringMatching(/^session_failed OutputError: /),
  ]);
});

test('a session whose large values together are too large fails at the node that goes beyond', async () => {
  const value = 'x'.repeat(80 * 1024 * 1024);
  const steps = Array.from({ length: 4 }, (_, index) => invocation(`s${index}`, 'string', { inputs: { value } }));
  const entries = await run({ steps });
  expect(entries.filter((entry) => entry.startsWith('invocation_complete'))).toHaveLength(3);
  expect(entries.at(-1)).toMatch(
    /^session_failed OutputError: With these outputs the session has more than 268435456 /,
  );
}, 30_000);

describe('a real graph', () => {
  const catalogue = catalogueOf(new Map(NODES.map((node) => [node.definition.type, node])));
  const opened = (stop: number) => () => {
    const nodes = { r: { type: 'range', stop }, it: { type: 'iterate' }, sum: { type: 'add', b: 1 } };
    const edges = ['r.collection > it.collection', 'it.item > sum.a', 'sum.value > all.item'];
    return sessionOf(graphOf({ ...nodes, all: { type: 'collect' } }, ...edges), [], catalogue);
  };

  test('is run copy by copy, and control nodes are never reported', async () => {
    expect(await run({ open: opened(2) })).toEqual([
      'session_started',
      ...['r', 'sum#0', 'sum#1'].flatMap((id) => [`invocation_started ${id}`, `invocation_complete ${id}`]),
      'session_complete',
    ]);
  });

  test('a fault of a control node is an error of its invocation', async () => {
    const session = opened(2)();
    const spoilt: RunnableSession = {
      next: () => session.next(),
      complete: (id) => session.complete(id, { collection: null }),
      take: (id) => session.take(id),
    };
    expect((await run({ open: () => spoilt })).slice(3)).toEqual([
      'invocation_error NodeInputError: Node it has invalid incoming input for collection: it is null, and a list is needed.',
      expect.stringMatching(/^session_failed NodeInputError: /),
    ]);
  });
});
