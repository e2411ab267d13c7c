import { describe, expect, test } from 'vitest';
import { graphOf, pinnedOf, sessionOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from '../testing/node-types.ts';
import { runNode as run, runSession } from '../testing/run-session.ts';
import { Session } from './session.ts';

describe('hydration', () => {
  test('copies durable values: nodes share nothing', () => {
    const graph = graphOf(
      { l: { type: 'range', stop: 3 }, a: { type: 'integers' }, b: { type: 'integers' } },
      'l.collection > a.collection',
      'l.collection > b.collection',
    );
    const session = sessionOf(graph);
    const { inputs } = runSession(session, (invocation) => {
      const output = run(invocation);
      if (invocation.id === 'a') (invocation.inputs.collection as number[]).push(99);
      return output;
    });
    expect(inputs.b).toEqual({ collection: [0, 1, 2] });
    expect(session.results.get('l')?.collection).toEqual([0, 1, 2]);
  });

  test('copies literals: sessions of one graph share nothing', () => {
    const pinned = pinnedOf(graphOf({ a: { type: 'integers', collection: [1] } }));
    for (let item = 0; item < 2; item++) {
      const { inputs } = runSession(new Session(pinned, [], TEST_CATALOGUE), run);
      const collection = inputs.a?.collection as number[];
      collection.push(2);
      expect(collection).toEqual([1, 2]);
    }
  });

  test('hands live values on by reference', () => {
    const graph = graphOf({ n: { type: 'noise' }, d: { type: 'denoise' } }, 'n.noise > d.noise');
    const noise = { shape: [1, 4, 8, 8] };
    const { inputs } = runSession(sessionOf(graph), (invocation) =>
      invocation.id === 'n' ? { noise, width: 8 } : run(invocation),
    );
    expect(inputs.d?.noise).toBe(noise);
  });

  test('makes text of numbers, and 0 or 1 of booleans, where only that fits', () => {
    const graph = graphOf(
      {
        i: { type: 'integer', value: 7 },
        f: { type: 'float', value: 1.5 },
        b: { type: 'boolean', value: true },
        p: { type: 'prompt' },
        q: { type: 'prompt' },
        a: { type: 'add' },
      },
      'i.value > p.prompt',
      'f.value > q.prompt',
      'b.value > a.a',
    );
    const { inputs } = runSession(sessionOf(graph), run);
    expect([inputs.p, inputs.q, inputs.a]).toEqual([{ prompt: '7' }, { prompt: '1.5' }, { a: 1, b: 0 }]);
  });

  test('refuses what does not fit: a node error that names field and value', () => {
    const graph = graphOf({ i: { type: 'integer', value: 0 }, n: { type: 'noise' } }, 'i.value > n.width');
    const session = sessionOf(graph);
    runSession(session, run, 1);
    const step = session.next();
    expect(step).toEqual({
      kind: 'input_error',
      invocation_id: 'n',
      source_id: 'n',
      field: 'width',
      message: 'Node n has invalid incoming input for width: Give more than 0 here.',
    });
    expect(session.next()).toBe(step);
    session.fail('n', 'x');
    expect(session.next()).toEqual({ kind: 'failed', invocation_id: 'n', message: 'x' });
  });

  test('names the element of a list', () => {
    const graph = graphOf(
      { a: { type: 'any', value: [1, 2, 'x'] }, c: { type: 'integers' } },
      'a.value > c.collection',
    );
    const session = sessionOf(graph);
    runSession(session, run, 1);
    expect(session.next()).toMatchObject({ kind: 'input_error', field: 'collection[2]' });
  });

  test('refuses an edge that brought nothing, unless nothing is allowed', () => {
    const catalogue = catalogueOf(
      nodeType('maybe', {}, { value: 'string|null' }),
      nodeType('needs', { value: { type: 'string' } }, {}),
      nodeType('takes', { value: { type: 'string|null' } }, {}),
      nodeType('has', { value: { type: 'string', schema: { default: 'fallback' } } }, {}),
    );
    const after = (type: string) => {
      const graph = graphOf({ m: { type: 'maybe' }, n: { type } }, 'm.value > n.value');
      const session = sessionOf(graph, [], catalogue);
      runSession(session, () => ({ value: null }), 1);
      const step = session.next();
      return step.kind === 'invocation' ? step.invocation.inputs : step.kind;
    };
    expect([after('needs'), after('takes'), after('has')]).toEqual([
      'input_error',
      { value: null },
      { value: 'fallback' },
    ]);
  });

  test('of a value without end is a node error, not an endless copy', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const graph = graphOf({ a: { type: 'any', value: 1 }, b: { type: 'any' } }, 'a.value > b.value');
    const session = sessionOf(graph);
    runSession(session, () => ({ value: endless }), 1);
    expect(session.next()).toMatchObject({ kind: 'failed', invocation_id: 'a' });
  });
});
