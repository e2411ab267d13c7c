import { describe, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { generated } from './generators.ts';
import { importInvokeai } from './import-invokeai.ts';
import { type EditorNode, TEXT_TO_IMAGE_EDGES, TEXT_TO_IMAGE_NODES, workflowOf } from './testing/workflow.ts';

const CATALOGUE = Catalogue.parse(builtin);
const imported = (document: unknown) => importInvokeai(document, CATALOGUE, { models: { dreamer: 'tiny-diffusion' } });

const withBatches = (nodes: Record<string, EditorNode>, ...edges: string[]) =>
  imported(workflowOf({ ...TEXT_TO_IMAGE_NODES, ...nodes }, ...TEXT_TO_IMAGE_EDGES, ...edges));

test('batch nodes of one group are zipped, and others crossed', () => {
  const prompts = ['a kite', 'a drum'];
  const { data, graph, unmapped } = withBatches(
    {
      b1: { type: 'string_batch', inputs: { strings: prompts, batch_group_id: 'Group 1' } },
      b2: { type: 'integer_batch', inputs: { integers: undefined, batch_group_id: 'Group 1' } },
      b3: { type: 'float_batch', inputs: { floats: [3, 7.5], batch_group_id: 'None' } },
      idle: { type: 'string_batch', inputs: { strings: ['fed', 'to nobody'] } },
      g: {
        type: 'integer_generator',
        inputs: { generator: { type: 'integer_generator_arithmetic_sequence', start: 10, step: 5, count: 2 } },
      },
    },
    'g.integers > b2.integers',
    'b1.value > n2.prompt',
    'b2.value > n4.seed',
    'b2.value > n5.steps',
    'b3.value > n5.cfg_scale',
  );
  expect(unmapped).toEqual([]);
  expect(data).toEqual([
    [
      { node_path: 'n2', field_name: 'prompt', items: prompts },
      { node_path: 'n4', field_name: 'seed', items: [10, 15] },
      { node_path: 'n5', field_name: 'steps', items: [10, 15] },
    ],
    [{ node_path: 'n5', field_name: 'cfg_scale', items: [3, 7.5] }],
  ]);
  expect(Object.keys(graph.nodes)).toEqual(Object.keys(TEXT_TO_IMAGE_NODES));
});

test('what cannot be varied so is listed, with another way', () => {
  const { data, unmapped } = withBatches(
    {
      images: { type: 'image_batch', inputs: { images: [{ image_name: 'a.png' }], batch_group_id: 'None' } },
      encode: { type: 'i2l' },
      board: { type: 'image_generator', inputs: { generator: { type: 'image_generator_images_from_board' } } },
      boards: { type: 'image_batch' },
      save: { type: 'save_image' },
      random: {
        type: 'integer_generator',
        inputs: { generator: { type: 'integer_generator_random_distribution_uniform' } },
      },
      numbers: { type: 'integer_batch' },
      none: { type: 'float_batch', inputs: { floats: [] } },
      two: { type: 'integer_batch', inputs: { integers: [1, 2], batch_group_id: 'Group 2' } },
      three: { type: 'integer_batch', inputs: { integers: [1, 2, 3], batch_group_id: 'Group 2' } },
      wrong: { type: 'integer_batch', inputs: { integers: [5, 0] } },
    },
    'images.image > encode.image',
    'n1.vae > encode.vae',
    'board.images > boards.images',
    'boards.image > save.image',
    'random.integers > numbers.integers',
    'numbers.value > n4.seed',
    'none.value > n5.cfg_scale',
    'two.value > n4.width',
    'three.value > n4.height',
    'wrong.value > n5.steps',
  );
  expect(data).toBeUndefined();
  const said = Object.fromEntries(unmapped.map(({ node_id, field, detail }) => [`${node_id} ${field}`, detail]));
  expect(said['boards null']).toContain('images of a board');
  expect(said['numbers null']).toContain('--set n4.seed=a,b,c');
  expect(said['none null']).toContain('no values');
  expect(said['two null']).toContain('equally long; this one has 2 elements');
  expect(said['encode image']).toContain('--set encode.image=@FOLDER');
  expect(said['n5 steps']).toContain('0 is no value for that');
  expect(said['save image']).toContain('"image" (image) is required');
});

describe('an enqueue body', () => {
  const graph = {
    id: 'g',
    nodes: {
      'integer:x': { id: 'integer:x', type: 'integer', value: 1, is_intermediate: false, use_cache: false },
      sum: { id: 'sum', type: 'add', b: 2, is_intermediate: true },
      facts: { id: 'facts', type: 'core_metadata' },
      list: { id: 'list', type: 'string_collection' },
    },
    edges: [
      { source: { node_id: 'integer:x', field: 'value' }, destination: { node_id: 'sum', field: 'a' } },
      { source: { node_id: 'integer:x', field: 'value' }, destination: { node_id: 'facts', field: 'seed' } },
    ],
  };

  test('keeps what varies in it, for fields that are here', () => {
    const datum = (node_path: string, field_name: string, items: unknown[]) => ({ node_path, field_name, items });
    const { data, runs, unmapped } = imported({
      prepend: false,
      batch: {
        graph,
        runs: 3,
        data: [
          [datum('integer:x', 'value', [1, 2]), datum('facts', 'seed', [1, 2])],
          [datum('list', 'collection', ['a', 'b'])],
          [datum('sum', 'c', [1])],
        ],
        workflow: null,
      },
    });
    expect({ data, runs }).toEqual({
      data: [
        [{ node_path: 'integer:x', field_name: 'value', items: [1, 2] }],
        [{ node_path: 'list', field_name: 'collection', items: [['a'], ['b']] }],
      ],
      runs: 3,
    });
    expect(unmapped).toMatchObject([{ kind: 'field', node_id: 'sum', field: 'c', required: false }]);
  });

  test('says so when it varies what is not there', () => {
    const nodes = {
      m: { type: 'main_model_loader', model: { name: 'dreamer' } },
      l: { type: 'lora_loader', weight: 0, lora: { name: 'ink' } },
      c: { type: 'compel', prompt: 'a kite' },
    };
    const edges = [
      { source: { node_id: 'm', field: 'clip' }, destination: { node_id: 'l', field: 'clip' } },
      { source: { node_id: 'l', field: 'clip' }, destination: { node_id: 'c', field: 'clip' } },
    ];
    const weights = { node_path: 'l', field_name: 'weight', items: [0, 0.5] };
    const lost = { node_path: 'gone', field_name: 'value', items: [1, 2] };
    const { data, unmapped, notes } = imported({ batch: { graph: { nodes, edges }, data: [[weights], [lost]] } });
    expect(data).toBeUndefined();
    expect(unmapped).toMatchObject([{ kind: 'node', node_id: 'l', type: 'lora_loader' }]);
    expect(notes).toEqual(['What varies in nodes that the document does not have is left out.']);
    expect(imported({ nodes, edges }).unmapped).toEqual([]);
  });

  test('and a session, a queue item and a graph alone, give the same graph', () => {
    const alone = imported(graph);
    const session = { id: 's', graph, execution_graph: { nodes: {}, edges: [] }, results: {}, errors: {} };
    for (const document of [{ batch: { graph } }, { graph }, session, { item_id: 4, status: 'completed', session }])
      expect(imported(document)).toEqual(alone);
    expect(alone.graph).toEqual({
      nodes: {
        'integer:x': { type: 'integer', value: 1, is_intermediate: false, use_cache: false },
        sum: { type: 'add', b: 2, is_intermediate: true, use_cache: true },
        list: { type: 'string_collection', is_intermediate: false, use_cache: true },
      },
      edges: [graph.edges[0]],
    });
  });
});

test.each([
  ['integer_generator', { type: 'integer_generator_linear_distribution', start: 0, end: 10, count: 4 }, [0, 3, 7, 10]],
  ['integer_generator', { type: 'integer_generator_parse_string', input: '1; 2;x;3', splitOn: ';' }, [1, 2, 3]],
  ['float_generator', { type: 'float_generator_arithmetic_sequence', start: 1, step: 0, count: 9 }, [1]],
  ['float_generator', { type: 'float_generator_linear_distribution', start: 0, end: 1, count: 3 }, [0, 0.5, 1]],
  ['float_generator', { type: 'float_generator_random_distribution_uniform', values: [0.25, 0.5] }, [0.25, 0.5]],
  ['string_generator', { type: 'string_generator_parse_string', input: 'a\nb', splitOn: '\\n' }, ['a', 'b']],
  ['string_generator', { type: 'string_generator_parse_string', input: 'a"b', splitOn: '"' }, ['a', 'b']],
  ['string_generator', { type: 'string_generator_parse_string', input: 'a,b', splitOn: '' }, ['a,b']],
])('a %s of %o gives %o', (type, value, items) => {
  expect(generated(type, value)).toEqual({ items });
});
