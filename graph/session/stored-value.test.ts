import { expect, test } from 'vitest';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { runNode, runSession } from '../testing/run-session.ts';
import { Session } from './session.ts';

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
      result: invocation_id === 'r' ? { ...result, collection: { ...mark, length: 3 } } : result,
    })),
  );
  expect([session.history, session.prepared(), session.isComplete]).toEqual([whole.history, whole.prepared(), true]);
  const element = (index: number) => ({ ...mark, element: index });
  expect(session.derived().get('c')?.collection).toEqual([element(0), element(1), element(2), 1, 2, 3]);
  expect(session.derived().get('it#1')).toEqual({ type: 'iterate_output', item: element(1), index: 1, total: 3 });
});

test('what is stored and no list cannot be gone through', () => {
  const session = new Session(GRAPH, [], TEST_CATALOGUE);
  session.restore([{ invocation_id: 'r', result: { type: 'range_output', collection: mark } }]);
  expect(session.next()).toMatchObject({ kind: 'input_error', invocation_id: 'it', field: 'collection' });
});
