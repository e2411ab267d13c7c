import { expect, test } from 'vitest';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { runNode, runSession } from '../testing/run-session.ts';
import { Session } from './session.ts';
import { withoutAssets } from './stored-value.ts';
import { sessionView } from './view.ts';

const GRAPH = pinnedOf(
  graphOf(
    {
      r: { type: 'range', start: 0, stop: 3 },
      it: { type: 'iterate' },
      a: { type: 'add', b: 1 },
      c: { type: 'collect' },
    },
    'r.collection > it.collection',
    'it.item > a.a',
    'r.collection > c.collection',
    'a.value > c.item',
  ),
);
const asset_name = 'a'.repeat(64);
const mark = { asset_name, content_type: 'application/json', stored: 'integer[]' };

test('a session expands by the length of a stored list as by the list itself', () => {
  const whole = new Session(GRAPH, [], TEST_CATALOGUE);
  runSession(whole, runNode);
  const session = new Session(GRAPH, [], TEST_CATALOGUE);
  session.restore(
    [...whole.results].map(([invocation_id, result]) => ({
      invocation_id,
      result: invocation_id === 'r' ? withoutAssets({ ...result, collection: { ...mark, length: 3 } }) : result,
    })),
  );
  expect([session.history, session.prepared(), session.isComplete]).toEqual([whole.history, whole.prepared(), true]);
  const element = (index: number) => ({ ...mark, element: index });
  expect(session.derived().get('c')?.collection).toEqual([element(0), element(1), element(2), 1, 2, 3]);
  expect(session.derived().get('it#1')).toEqual({ type: 'iterate_output', item: element(1), index: 1, total: 3 });
});

const refusal = (collection: unknown) => {
  const session = new Session(GRAPH, [], TEST_CATALOGUE);
  session.restore([{ invocation_id: 'r', result: withoutAssets({ type: 'range_output', collection }) }]);
  return session.next();
};

test.each([undefined, -1, 1.5, 'many', null])(
  'what is stored and no list cannot be gone through: length %s',
  (length) => {
    expect(refusal({ ...mark, length })).toMatchObject({
      kind: 'input_error',
      invocation_id: 'it',
      message: expect.stringContaining('a list is needed'),
    });
  },
);

test.each([250_001, 1e9, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])(
  'a stored list is believed to be %d long, and nothing of that size is made',
  (length) => {
    const before = performance.now();
    expect(refusal({ ...mark, length })).toMatchObject({
      kind: 'input_error',
      message: expect.stringMatching(/gathered values|invocations/),
    });
    expect(performance.now() - before).toBeLessThan(200);
  },
);

test.each([3, 1e9])('what a user writes is no stored list, whatever it looks like: length %d', (length) => {
  const graph = pinnedOf(
    graphOf(
      { f: { type: 'if', condition: true, true_input: { ...mark, length } }, it: { type: 'iterate' } },
      'f.value > it.collection',
    ),
  );
  expect(new Session(graph, [], TEST_CATALOGUE).next()).toMatchObject({
    kind: 'input_error',
    message: expect.stringContaining('it is an object, and a list is needed'),
  });
  const view = sessionView('s', graph, [], [], TEST_CATALOGUE);
  expect(view?.executed).toEqual(['f']);
});
