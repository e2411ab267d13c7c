/** The workflow files of examples/, built with the SDK: the same nodes with the same edges, as the engine pins them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkBatch } from '../../client/graph/check.ts';
import { batch, graph, later, range, vary } from '../../client/index.ts';
import { OutputMissingError } from '../../client/run/errors.ts';
import { type GraphSource, plainGraph } from '../../client/run/graph-source.ts';
import { RunResult } from '../../client/run/run-result.ts';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { Graph } from '../../contract/graph/graph.ts';
import { Batch } from '../../contract/queue/batch.ts';
import { drawings, textToImage } from '../../examples/sdk/text-to-image.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { pinGraph } from '../../graph/validate.ts';

const CATALOGUE = Catalogue.parse(builtin);

function example(name: string): { graph: Graph; data?: unknown } {
  const file = fileURLToPath(new URL(`../../examples/${name}.json`, import.meta.url));
  const { $schema: _, graph: inner, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  return inner === undefined ? { graph: Graph.parse(rest) } : { graph: Graph.parse(inner), ...rest };
}

/** What a graph means, apart from the order in which its nodes and edges are written. What is left open stays open. */
function meaning(source: GraphSource) {
  const plain = Graph.parse(plainGraph(source));
  const open = new Map(Object.keys(plain.nodes).map((id) => [id, new Set(['image'])]));
  const pinned = pinGraph(plain, CATALOGUE, [], open);
  if (!pinned.ok) throw new Error(JSON.stringify(pinned.faults));
  const { nodes, edges, ...rest } = pinned.graph;
  const sorted = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).sort();
  return { ...rest, nodes: nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)), edges: sorted(edges) };
}

test('text-to-image', () => {
  const { graph: built, save } = textToImage('a big red star on striped blue');
  // The example names its noise as the builder does.
  expect(meaning(built)).toEqual(meaning(example('text-to-image').graph));
  expect(Object.keys(built.toGraph().nodes)).toEqual(Object.keys(example('text-to-image').graph.nodes));
  expect(save.id).toBe('save');
});

test('a result is read by the node that it is of', () => {
  const { graph: built, save, noise } = textToImage('a star');
  const result = (image_name: string) => ({ type: 'image_output', image: { image_name }, width: 1, height: 1 });
  const outputs = [{ invocation_id: 'save', invocation_source_id: 'save', result: result('x') }] as never;
  const run = new RunResult({ item_id: 1, batch_id: 'b', outputs, graph: built.toGraph() });
  expect(run.output(save).image.image_name).toBe('x');
  expect(run.outputsOf(save)).toEqual([run.output('save')]);
  expect(() => run.output(noise)).toThrow(OutputMissingError);
});

test('a batch of text-to-image', () => {
  const body = drawings(['a big red circle on white', 'a big yellow ring on purple']);
  expect(checkBatch(body, CATALOGUE)).toEqual([]);
  expect(body.batch.data).toEqual([
    [
      {
        node_path: 'prompt',
        field_name: 'prompt',
        items: ['a big red circle on white', 'a big yellow ring on purple'],
      },
    ],
    [{ node_path: 'noise', field_name: 'seed', items: [1, 2, 3, 4] }],
  ]);
});

test('text-to-image-sweep', () => {
  const g = graph({ is_intermediate: true });
  const model = g.add('main_model_loader', { model: { key: 'tiny-diffusion' } }, { id: 'model' });
  const prompt = g.add('compel', { prompt: 'a big red circle on white', clip: model.out.clip }, { id: 'prompt' });
  const negative = g.add('compel', { prompt: '', clip: model.out.clip }, { id: 'negative' });
  const seeds = g.add('range_of_size', { start: 1, size: 4 }, { id: 'seeds' });
  const seed = g.iterate(seeds.out.collection, { id: 'seed' });
  const noise = g.add('noise', { seed: seed.out.item, width: 128, height: 128 });
  const denoise = g.add(
    'denoise_latents',
    {
      unet: model.out.unet,
      positive_conditioning: prompt.out.conditioning,
      negative_conditioning: negative.out.conditioning,
      noise: noise.out.noise,
      steps: 10,
      cfg_scale: 3,
      scheduler: 'ddim',
    },
    { id: 'denoise' },
  );
  const decode = g.add('l2i', { latents: denoise.out.latents, vae: model.out.vae }, { id: 'decode' });
  const save = g.add('save_image', { image: decode.out.image }, { id: 'save', is_intermediate: false });
  const all = g.collect({ item: save.out.image }, { id: 'all' });
  g.add('image_grid', { images: all.out.collection, columns: 4 }, { id: 'sheet', is_intermediate: false });

  const file = example('text-to-image-sweep');
  expect(meaning(g)).toEqual(meaning(file.graph));
  const prompts = [
    'a big red circle on white',
    'a big yellow ring on purple',
    'a big white heart on green',
    'a big orange star on black',
  ];
  const body = batch(g, { vary: vary(prompt, 'prompt', prompts) });
  expect(body.batch.data).toEqual(file.data);
  expect(Batch.safeParse(body.batch).success).toBe(true);
});

/** What image-to-image.json and inpaint.json have in common. */
function repainting(text: string) {
  const g = graph({ is_intermediate: true });
  const model = g.add('main_model_loader', { model: { key: 'tiny-diffusion' } }, { id: 'model' });
  const picture = g.add('load_image', { image: later }, { id: 'picture' });
  const positive = g.add('compel', { prompt: text, clip: model.out.clip }, { id: 'prompt' });
  const negative = g.add('compel', { prompt: '', clip: model.out.clip }, { id: 'negative' });
  const encode = g.add('i2l', { image: picture.out.image, vae: model.out.vae }, { id: 'encode' });
  const { width, height } = encode.out;
  const noise = g.add('noise', { seed: 1, width, height });
  const drawn = {
    unet: model.out.unet,
    positive_conditioning: positive.out.conditioning,
    negative_conditioning: negative.out.conditioning,
    noise: noise.out.noise,
    cfg_scale: 3,
  };
  return { g, model, picture, encode, drawn };
}

test('image-to-image', () => {
  const { g, model, picture, encode, drawn } = repainting('a big green star on striped blue');
  const denoise = g.add(
    'denoise_latents',
    { ...drawn, latents: encode.out.latents, steps: 20, scheduler: 'dpmpp_2m', denoising_start: 0.3 },
    { id: 'denoise' },
  );
  const decode = g.add('l2i', { latents: denoise.out.latents, vae: model.out.vae }, { id: 'decode' });
  g.add('save_image', { image: decode.out.image }, { id: 'save', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('image-to-image').graph));
  // What was left open is a batch's to give.
  const pictures = [{ image_name: 'a' }, { image_name: 'b' }];
  expect(checkBatch(batch(g), CATALOGUE)).toMatchObject([{ pointer: '/batch/graph/nodes/picture/image' }]);
  expect(checkBatch(batch(g, { vary: vary(picture, 'image', pictures) }), CATALOGUE)).toEqual([]);
});

test('inpaint', () => {
  const { g, model, encode, drawn } = repainting('a big green square on striped blue');
  const { latents, width, height } = encode.out;
  const box = g.add(
    'create_mask_from_box',
    { bounding_box: { x_min: 16, y_min: 16, x_max: 112, y_max: 112 }, invert: true, width, height },
    { id: 'box' },
  );
  const mask = g.add('create_denoise_mask', { mask: box.out.image }, { id: 'mask' });
  const denoise = g.add(
    'denoise_latents',
    { ...drawn, steps: 10, scheduler: 'euler_a', denoise_mask: mask.out.denoise_mask, latents },
    { id: 'denoise' },
  );
  const decode = g.add('l2i', { latents: denoise.out.latents, vae: model.out.vae }, { id: 'decode' });
  g.add('save_image', { image: decode.out.image }, { id: 'save', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('inpaint').graph));
});

test('upscale', () => {
  const g = graph({ is_intermediate: true });
  const picture = g.add('load_image', { image: later }, { id: 'picture' });
  const model = { key: 'esrgan-slim-x2' };
  const upscale = g.add('upscale', { image: picture.out.image, model });
  g.add('save_image', { image: upscale.out.image }, { id: 'save', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('upscale').graph));
});

test('contact-sheet', () => {
  const g = graph({ is_intermediate: true });
  const photos = g.add('image_collection', { collection: [] }, { id: 'photos' });
  const radii = g.add('float_collection', { collection: [0, 2, 8] }, { id: 'radii' });
  const photo = g.iterate(photos.out.collection, { id: 'photo' });
  const radius = g.iterate(radii.out.collection, { id: 'radius' });
  const blur = g.add('img_blur', { image: photo.out.item, radius: radius.out.item }, { id: 'blur' });
  const row = g.collect({ item: blur.out.image }, { id: 'row' });
  const strip = g.add('image_grid', { images: row.out.collection, columns: 1024, gap: 0 }, { id: 'strip' });
  const rows = g.collect({ item: strip.out.image }, { id: 'rows' });
  g.add('image_grid', { images: rows.out.collection, columns: 1 }, { id: 'sheet', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('contact-sheet').graph));
});

test('conditional', () => {
  const g = graph({ is_intermediate: true });
  const photos = g.add('image_collection', { collection: [] }, { id: 'photos' });
  const limit = g.add('integer', { value: 256 }, { id: 'limit' });
  const photo = g.iterate(photos.out.collection, { id: 'photo' });
  const upright = g.add('load_image', { image: photo.out.item }, { id: 'upright' });
  const { image, width } = upright.out;
  const is_large = g.add('integer_compare', { a: width, b: limit.out.value, comparison: '>' }, { id: 'is_large' });
  const scaled = g.add('mul', { a: upright.out.height, b: limit.out.value }, { id: 'scaled' });
  const height = g.add('div', { a: scaled.out.value, b: width }, { id: 'height' });
  const shrink = g.add(
    'img_resize',
    { image, width: limit.out.value, height: height.out.value, resample_mode: 'lanczos' },
    { id: 'shrink' },
  );
  const fit = g.if({ condition: is_large.out.value, true_input: shrink.out.image, false_input: image }, { id: 'fit' });
  const save = g.add('save_image', { image: fit.out.value }, { id: 'save', is_intermediate: false });
  const all = g.collect({ item: save.out.image }, { id: 'all' });
  g.add('image_grid', { images: all.out.collection }, { id: 'sheet', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('conditional').graph));
});

test('face-crops', () => {
  const g = graph({ is_intermediate: true });
  const photos = g.add('image_collection', { collection: [] }, { id: 'photos' });
  const photo = g.iterate(photos.out.collection, { id: 'photo' });
  const { image } = g.add('load_image', { image: photo.out.item }, { id: 'upright' }).out;
  const model = { key: 'blazeface' };
  const faces = g.add('face_detection', { image, model, minimum_confidence: 0.8 }, { id: 'faces' });
  const face = g.iterate(faces.out.bounding_boxes, { id: 'face' });
  const crop = g.add('crop_image_to_bounding_box', { image, bounding_box: face.out.item }, { id: 'crop' });
  const portrait = g.add(
    'img_resize',
    { image: crop.out.image, width: 128, height: 128, resample_mode: 'lanczos' },
    { id: 'portrait', is_intermediate: false },
  );
  const of_photo = g.collect({ item: portrait.out.image }, { id: 'of_photo' });
  const of_photos = g.collect({ item: of_photo.out.collection }, { id: 'of_photos' });
  const all = g.add('collection_flatten', { collection: of_photos.out.collection }, { id: 'all' });
  // The type of what is flattened is known when it runs: the sheet judges the elements by value.
  const sheet = g.add('image_grid', { images: all.out.collection }, { id: 'sheet' });
  g.add('save_image', { image: sheet.out.image }, { id: 'save', is_intermediate: false });
  expect(meaning(g)).toEqual(meaning(example('face-crops').graph));
});

test('seeds from a range', () => {
  expect(drawings(['x'], range(7, 8)).batch.data?.[1]?.[0]?.items).toEqual([7, 8]);
});
