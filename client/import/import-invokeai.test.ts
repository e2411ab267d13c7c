import { describe, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { Graph } from '../../contract/graph/graph.ts';
import { Batch } from '../../contract/queue/batch.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { pinGraph } from '../../graph/validate.ts';
import { type Imported, type ImportOptions, importInvokeai } from './import-invokeai.ts';
import { INVOKEAI_NODES } from './testing/invokeai-nodes.ts';
import { TEXT_TO_IMAGE_EDGES, TEXT_TO_IMAGE_NODES, workflowOf } from './testing/workflow.ts';

const CATALOGUE = Catalogue.parse(builtin);
const MODELS: ImportOptions = { models: { dreamer: 'tiny-diffusion' } };

const imported = (document: unknown, options: ImportOptions = MODELS) => importInvokeai(document, CATALOGUE, options);
const edgesOf = ({ graph }: Imported) =>
  graph.edges.map(({ source, destination }) =>
    [source, destination].map(({ node_id, field }) => `${node_id}.${field}`).join(' > '),
  );
const listed = ({ unmapped }: Imported) =>
  unmapped.map(({ kind, node_id, field, required }) => [kind, node_id, field, required ? 'required' : 'optional']);

/** It is what the service takes, and what varies in it is too. */
function expectValid({ graph, data, runs }: Imported): void {
  Batch.parse({ graph: Graph.parse(graph), data, runs });
  const supplied = new Map<string, Set<string>>();
  for (const { node_path, field_name } of (data ?? []).flat())
    supplied.set(node_path, (supplied.get(node_path) ?? new Set()).add(field_name));
  expect(pinGraph(graph, CATALOGUE, [], supplied)).toMatchObject({ ok: true });
}

describe('a workflow of the editor', () => {
  const workflow = workflowOf(TEXT_TO_IMAGE_NODES, ...TEXT_TO_IMAGE_EDGES);

  test('goes over whole when its model is named', () => {
    const result = imported(workflow);
    expectValid(result);
    expect(result.unmapped).toEqual([]);
    expect(result.graph.nodes).toEqual({
      n1: { type: 'main_model_loader', is_intermediate: true, use_cache: true, model: { key: 'tiny-diffusion' } },
      n2: { type: 'compel', is_intermediate: true, use_cache: true, prompt: 'a red kite' },
      n3: { type: 'compel', is_intermediate: true, use_cache: true, prompt: '' },
      n4: { type: 'noise', is_intermediate: true, use_cache: true, seed: 7, width: 512, height: 768, use_cpu: true },
      n5: {
        type: 'denoise_latents',
        is_intermediate: true,
        use_cache: true,
        steps: 30,
        cfg_scale: 7.5,
        scheduler: 'euler',
      },
      n6: { type: 'l2i', is_intermediate: false, use_cache: true, fp32: true },
    });
    expect(edgesOf(result)).toEqual(TEXT_TO_IMAGE_EDGES);
    expect(result.ids).toEqual({ n1: 'n1', n2: 'n2', n3: 'n3', n4: 'n4', n5: 'n5', n6: 'n6' });
  });

  test('has nodes of short names when asked', () => {
    const nodes = { ...TEXT_TO_IMAGE_NODES, n7: { type: 'noise' }, n8: { type: 'integer', label: '42' } };
    const { ids } = imported(workflowOf(nodes, ...TEXT_TO_IMAGE_EDGES), { ...MODELS, readable_ids: true });
    expect(ids).toEqual({
      n1: 'main_model_loader',
      n2: 'positive_prompt',
      n3: 'negative_prompt',
      n4: 'noise',
      n5: 'denoise_latents',
      n6: 'l2i',
      n7: 'noise_2',
      n8: 'integer',
    });
  });

  test('keeps no id that a node cannot have here', () => {
    const { ids } = imported(workflowOf({ 'an id/with spaces': { type: 'integer' }, integer: { type: 'integer' } }));
    expect(ids).toEqual({ 'an id/with spaces': 'integer_2', integer: 'integer' });
  });

  test('is read through its connectors, and without notes and what only the editor shows', () => {
    const document = workflowOf(
      TEXT_TO_IMAGE_NODES,
      'n1.clip > c1.in',
      'c1.out > c2.in',
      'c2.out > n2.clip',
      'c1.out > n3.clip',
      'c3.out > n2.prompt',
      'c3.out > c3.in',
      ...TEXT_TO_IMAGE_EDGES.slice(2),
    );
    const result = imported({
      ...document,
      nodes: [
        ...document.nodes,
        ...['c1', 'c2', 'c3'].map((id) => ({ id, type: 'connector', position: { x: 0, y: 0 }, data: { id } })),
        { id: 'note', type: 'notes', data: { id: 'note', type: 'notes', notes: 'Hello' } },
        { id: 'shown', type: 'current_image', data: { id: 'shown', type: 'current_image' } },
      ],
      edges: [...document.edges, { id: 'x', type: 'collapsed', source: 'n2', target: 'n5' }],
    });
    expectValid(result);
    expect(edgesOf(result).slice(0, 2)).toEqual(TEXT_TO_IMAGE_EDGES.slice(0, 2));
    expect(Object.keys(result.graph.nodes)).toHaveLength(6);
  });

  test('asks for a model that nobody named', () => {
    const result = imported(workflow, {});
    expect(listed(result)).toEqual([['model', 'n1', 'model', 'required']]);
    expect(result.unmapped[0]?.detail).toContain('--model "dreamer=KEY", or --set n1.model=KEY.');
    // With it the graph is whole.
    Object.assign(result.graph.nodes.n1!, { model: { key: 'tiny-diffusion' } });
    expectValid(result);
  });

  test('asks for images, and what it replaces is said', () => {
    const result = imported(
      workflowOf({
        picture: { type: 'image', inputs: { image: { image_name: '1d7e.png' } } },
        all: { type: 'image_collection', inputs: { collection: [{ image_name: 'a.png' }] } },
        paste: { type: 'img_paste', inputs: { base_image: { image_name: 'b.png' }, mask: { image_name: 'c.png' } } },
        conv: { type: 'img_conv', inputs: { mode: 'CMYK' } },
        denoise: { type: 'denoise_latents', inputs: { scheduler: 'dpmpp_sde_k', steps: 0 } },
      }),
    );
    const missing = (node: string, field: string) => ['field', node, field, 'required'];
    expect(listed(result)).toEqual([
      ['image', 'picture', 'image', 'required'],
      ['image', 'all', 'collection', 'required'],
      ['image', 'paste', 'base_image', 'required'],
      ['image', 'paste', 'mask', 'optional'],
      ['value', 'denoise', 'scheduler', 'optional'],
      missing('paste', 'image'),
      missing('conv', 'image'),
      ['value', 'conv', 'mode', 'optional'],
      missing('denoise', 'positive_conditioning'),
      missing('denoise', 'negative_conditioning'),
      ['value', 'denoise', 'steps', 'optional'],
      missing('denoise', 'unet'),
    ]);
    const { unmapped } = result;
    expect(unmapped[0]?.detail).toBe(
      'The image "1d7e.png" is stored by InvokeAI: save it from there, and give it with --set picture.image=@FILE.',
    );
    expect(unmapped[1]?.detail).toContain('--set all.collection=@FOLDER');
    expect(unmapped[4]?.detail).toContain('"dpmpp_2m_k" takes its place');
  });
});

describe('nodes that are not here', () => {
  test('go past when they only change what passes through them', () => {
    const result = imported(
      workflowOf(
        {
          ...TEXT_TO_IMAGE_NODES,
          lora: { type: 'lora_loader', inputs: { weight: 0.7, lora: { name: 'style' } } },
          none: { type: 'lora_loader', inputs: { weight: 0, lora: { name: 'other' } } },
          skip: { type: 'clip_skip', inputs: { skipped_layers: 0 } },
          seam: { type: 'seamless', inputs: { seamless_x: false, seamless_y: true } },
        },
        'n1.clip > lora.clip',
        'n1.unet > lora.unet',
        'lora.clip > none.clip',
        'lora.unet > none.unet',
        'none.clip > skip.clip',
        'skip.clip > n2.clip',
        'skip.clip > n3.clip',
        'none.unet > seam.unet',
        'n1.vae > seam.vae',
        'seam.unet > n5.unet',
        'seam.vae > n6.vae',
        ...TEXT_TO_IMAGE_EDGES.filter((edge) => !edge.startsWith('n1')),
      ),
    );
    expectValid(result);
    expect(edgesOf(result).sort()).toEqual([...TEXT_TO_IMAGE_EDGES].sort());
    expect(listed(result)).toEqual([
      ['node', 'lora', null, 'optional'],
      ['node', 'seam', null, 'optional'],
    ]);
  });

  test('take along what only they needed, when the picture can do without them', () => {
    const result = imported(
      workflowOf(
        {
          ...TEXT_TO_IMAGE_NODES,
          edges: { type: 'image', inputs: { image: { image_name: 'a.png' } } },
          net: { type: 'controlnet', inputs: { control_model: { name: 'canny' } } },
          nets: { type: 'collect' },
          facts: { type: 'core_metadata', inputs: { steps: 30 } },
        },
        'edges.image > net.image',
        'net.control > nets.item',
        'nets.collection > n5.control',
        'n4.seed > facts.seed',
        'facts.metadata > n6.metadata',
        ...TEXT_TO_IMAGE_EDGES,
      ),
    );
    expectValid(result);
    expect(listed(result)).toEqual([['node', 'net', null, 'optional']]);
    expect(Object.keys(result.graph.nodes)).toEqual(Object.keys(TEXT_TO_IMAGE_NODES));
    expect(result.notes).toContain('Left out as well, since nothing else takes what they give: edges.');
  });

  test('leave those waiting that need what they gave, and all of it is said', () => {
    const result = imported(
      workflowOf(
        {
          model: { type: 'sdxl_model_loader' },
          lines: { type: 'acme_words' },
          prompt: { type: 'compel' },
          x: { type: 'add' },
        },
        'model.clip > prompt.clip',
        'lines.text > prompt.prompt',
        'lines.count > x.a',
      ),
    );
    expect(listed(result)).toEqual([
      ['node', 'model', null, 'required'],
      ['node', 'lines', null, 'required'],
      ['field', 'prompt', 'clip', 'required'],
      ['edge', 'prompt', 'prompt', 'optional'],
      ['edge', 'x', 'a', 'optional'],
    ]);
    expect(result.unmapped[0]?.detail).toContain('family of models');
    expect(result.unmapped[2]?.detail).toContain('Its value came from "model", of the type "sdxl_model_loader".');
  });

  test('are others here that do the same', () => {
    const result = imported(
      workflowOf(
        {
          named: { type: 'model_identifier', inputs: { model: { name: 'dreamer' } } },
          load: { type: 'main_model_loader' },
          sched: { type: 'scheduler', inputs: { scheduler: 'heun' } },
          lines: { type: 'prompt_from_file', inputs: { file_path: '/prompts.txt', pre_prompt: 'a ', max_prompts: 3 } },
          up: { type: 'spandrel_image_to_image', inputs: { image_to_image_model: { key: 'dreamer' }, tile_size: 128 } },
          blank: { type: 'blank_image' },
          over: {
            type: 'invokeai_img_blend',
            inputs: { blend_mode: 'Linear Dodge (Add)', color_space: 'RGB', mask: null },
          },
          sum: { type: 'integer_math', inputs: { operation: 'Multiply A*B', a: 6, b: 7 } },
        },
        'named.model > load.model',
        'blank.image > up.image',
        'blank.image > over.layer_base',
        'blank.image > over.layer_upper',
      ),
    );
    expectValid(result);
    const { nodes } = result.graph;
    expect(nodes).toMatchObject({
      load: { type: 'main_model_loader', model: { key: 'tiny-diffusion' } },
      sched: { type: 'string' },
      lines: { type: 'string_lines', pre_prompt: 'a ', max_prompts: 3 },
      up: { type: 'upscale', model: { key: 'tiny-diffusion' }, tile_size: 128 },
      over: { type: 'img_blend', blend_mode: 'add' },
      sum: { type: 'integer_math', operation: 'MUL' },
    });
    expect(nodes.named).toBeUndefined();
    expect(listed(result)).toEqual([
      ['value', 'sched', 'value', 'optional'],
      ['value', 'lines', 'file_path', 'optional'],
    ]);
  });

  test('are not confused with names that every object has', () => {
    const nodes = {
      constructor: { type: 'constructor' },
      toString: { type: 'add', inputs: { constructor: 1, valueOf: 2 } },
    };
    const result = imported(workflowOf(nodes, 'constructor.toString > toString.hasOwnProperty'));
    expect(listed(result)).toEqual([
      ['node', 'constructor', null, 'required'],
      ['field', 'toString', 'constructor', 'optional'],
      ['field', 'toString', 'valueOf', 'optional'],
    ]);
  });
});

describe('every type that is shared', () => {
  const types = Object.keys(INVOKEAI_NODES);

  test('is one that is here', () => {
    expect(types.filter((type) => !Object.hasOwn(CATALOGUE.node_types, type))).toEqual([]);
  });

  test.each(types)('%s, as the editor makes it, is a node here', (type) => {
    const inputs = INVOKEAI_NODES[type] ?? {};
    const result = imported(workflowOf({ node: { type, inputs, intermediate: false } }));
    // What it needs is what it needs there as well: an edge, an image, a model, or a choice.
    for (const { field, required, detail } of result.unmapped)
      expect([field, required, inputs[field ?? ''] ?? null, detail]).toEqual([field, true, null, detail]);
    const supplied = new Set(result.unmapped.map(({ field }) => field ?? ''));
    if (type !== 'collect')
      expect(pinGraph(result.graph, CATALOGUE, [], new Map([['node', supplied]]))).toMatchObject({ ok: true });
    // Nothing that was filled in is lost.
    const known = Object.keys(CATALOGUE.node_types[type]!.inputs);
    const filled = Object.entries(inputs).filter(([name, value]) => value !== null && known.includes(name));
    const kept = result.graph.nodes.node as Record<string, unknown>;
    for (const [name, value] of filled)
      if (CATALOGUE.node_types[type]!.inputs[name]!.input !== 'connection')
        expect([name, kept[name]]).toEqual([name, value]);
  });
});
