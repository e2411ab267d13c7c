/** The value nodes together, under the engine: what their field types let through, and what comes out. */
import { expect, it } from 'vitest';
import { graphOf, pinnedOf, sessionOf } from '../../graph/testing/graph-builder.ts';
import { catalogueOf } from './catalogue.ts';
import { BUILTIN_NODES } from './registry.ts';
import { testContext } from './testing/context.ts';

const CATALOGUE = catalogueOf(BUILTIN_NODES);
type Nodes = Parameters<typeof graphOf>[0];

/** What the last invocation of the node `out` returned; throws what a node threw, or why its inputs were refused. */
async function resultOf(nodes: Nodes, ...edges: string[]): Promise<Record<string, unknown> | undefined> {
  const session = sessionOf(graphOf(nodes, ...edges), [], CATALOGUE);
  const context = testContext();
  let result: Record<string, unknown> | undefined;
  for (;;) {
    const step = session.next();
    if (step.kind === 'input_error') throw new Error(step.message);
    if (step.kind !== 'invocation') {
      expect(step.kind).toBe('complete');
      return result;
    }
    const { id, type, source_id, inputs } = step.invocation;
    const node = BUILTIN_NODES.get(type);
    if (node === undefined) throw new Error(`no node '${type}'`);
    const output = await node.invoke(inputs, context);
    if (source_id === 'out') result = output;
    session.complete(id, output);
  }
}

it('squares of a range, the even ones, as a text', async () => {
  const result = await resultOf(
    {
      numbers: { type: 'range', start: 1, stop: 7 },
      each: { type: 'iterate' },
      square: { type: 'integer_math', operation: 'EXP', b: 2 },
      rest: { type: 'integer_math', operation: 'MOD', b: 2 },
      is_even: { type: 'integer_compare', comparison: '==', b: 0 },
      odd: { type: 'integer', value: -1 },
      choice: { type: 'if' },
      all: { type: 'collect' },
      once: { type: 'collection_unique' },
      sorted: { type: 'collection_sort', descending: true },
      out: { type: 'string_join_collection', separator: ' ' },
    },
    'numbers.collection > each.collection',
    'each.item > square.a',
    'square.value > rest.a',
    'rest.value > is_even.a',
    'is_even.value > choice.condition',
    'square.value > choice.true_input',
    'odd.value > choice.false_input',
    'choice.value > all.item',
    'all.collection > once.collection',
    'once.collection > sorted.collection',
    'sorted.collection > out.collection',
  );
  expect(result).toEqual({ value: '36 16 4 -1' });
});

it('prompts of every combination, each with a number of its own', async () => {
  const result = await resultOf(
    {
      prompts: { type: 'dynamic_prompt', prompt: '{red|blue} {cat|dog}', combinatorial: true, max_prompts: 9 },
      each: { type: 'iterate' },
      name: { type: 'number_to_string', digits: 2 },
      text: { type: 'string_template', template: '{a}: {b} of {c}' },
      all: { type: 'collect' },
      out: { type: 'collection_slice', start: -2 },
    },
    'prompts.collection > each.collection',
    'each.index > name.value',
    'name.value > text.a',
    'each.item > text.b',
    'each.total > text.c',
    'text.value > all.item',
    'all.collection > out.collection',
  );
  expect(result).toEqual({ collection: ['02: blue cat of 4', '03: blue dog of 4'] });
});

it('an element of any list goes where its value fits', async () => {
  const nodes: Nodes = {
    list: { type: 'string_split_all', string: '1,2' },
    item: { type: 'collection_item', index: -1 },
    out: { type: 'string_to_integer' },
  };
  const edges = ['list.collection > item.collection', 'item.value > out.string'];
  expect(await resultOf(nodes, ...edges)).toEqual({ value: 2 });
  const sum = { ...nodes, out: { type: 'add' } };
  await expect(resultOf(sum, 'list.collection > item.collection', 'item.value > out.a')).rejects.toThrow(
    'invalid incoming input for a',
  );
});

it('what stays on the device has no place in a list of values', () => {
  const graph = graphOf(
    { noise: { type: 'noise' }, all: { type: 'collect' }, out: { type: 'collection_size' } },
    'noise.noise > all.item',
    'all.collection > out.collection',
  );
  expect(() => pinnedOf(graph, CATALOGUE)).toThrow();
});
