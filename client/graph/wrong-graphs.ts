/**
 * Graphs that compile, and graphs that must not: each comment that expects an error is itself an error where there is
 * none. Nothing runs this; the types of the repository are checked with it (scripts/types.ts).
 */
import { graph } from './builder.ts';
import type { AddedNode } from './handle.ts';
import type { NodeTypes } from './node-types.generated.ts';
import type { Flow, Output } from './output.ts';
import type { ResultOf } from './result.ts';
import { later } from './value.ts';
import { product, range, vary, zip } from './vary.ts';

const g = graph({ is_intermediate: true });
const picture = g.add('load_image', { image: { image_name: 'x' } });
const pictures = g.add('image_collection', { collection: [{ image_name: 'x' }] });
const model = g.add('main_model_loader', { model: { key: 'tiny-diffusion' } });
const prompt = g.add('compel', { prompt: 'a star', clip: model.out.clip });
const noise = g.add('noise', { seed: 7, width: picture.out.width });
const text = g.add('string', { value: 'a' });
const number = g.add('float', { value: 1.5 });
const truth = g.add('boolean', { value: true });
const numbers = g.add('float_collection', { collection: [1, 2.5] });
const element = g.add('collection_item', { collection: pictures.out.collection, index: 0 });

// Literals.
g.add('blank_image', { width: 64, height: 64, mode: 'RGBA', color: { r: 0, g: 0, b: 0, a: 255 } }, { id: 'blank' });
g.add('load_image', { image: later });
// @ts-expect-error a word outside the enumeration
g.add('blank_image', { mode: 'CMYK' });
// @ts-expect-error a text where a number goes
g.add('noise', { seed: '7' });
// @ts-expect-error an image by its name alone
g.add('load_image', { image: 'x' });
// @ts-expect-error a required input is missing
g.add('load_image', {});
// @ts-expect-error an unknown field
g.add('noise', { seeds: 7 });
// @ts-expect-error an unknown type
g.add('noises', {});
// @ts-expect-error control nodes have methods of their own
g.add('iterate', { collection: pictures.out.collection });
// @ts-expect-error null where the type has none
g.add('noise', { seed: null });
// @ts-expect-error a literal on an input that takes an edge only
g.add('l2i', { latents: { latents_name: 'x' }, vae: model.out.vae });
// @ts-expect-error an edge is not left open, since nothing but an edge can give it
g.add('l2i', { latents: later, vae: model.out.vae });
// @ts-expect-error an edge into an input that takes a literal only
g.add('main_model_loader', { model: element.out.value });
// @ts-expect-error an unknown option
g.add('noise', {}, { name: 'x' });

// Edges.
const denoise = g.add('denoise_latents', {
  positive_conditioning: prompt.out.conditioning,
  negative_conditioning: prompt.out.conditioning,
  noise: noise.out.noise,
  unet: model.out.unet,
  cfg_scale: numbers.out.collection,
  steps: 20,
});
g.add('denoise_latents', {
  positive_conditioning: g.add('conditioning_collection', {
    collection: g.collect({ item: prompt.out.conditioning }).out.collection,
  }).out.collection,
  negative_conditioning: prompt.out.conditioning,
  unet: model.out.unet,
  cfg_scale: [7, 7, 3],
});
const image = g.add('l2i', { latents: denoise.out.latents, vae: model.out.vae }, { is_intermediate: false });
g.add('float', { value: picture.out.width });
g.add('string', { value: number.out.value });
g.add('integer', { value: truth.out.value });
g.add('load_image', { image: element.out.value });
g.add('collection_size', { collection: pictures.out.collection });
g.add('collection_contains', { collection: pictures.out.collection, item: picture.out.image });
// @ts-expect-error latents into an image
g.add('load_image', { image: denoise.out.latents });
// @ts-expect-error a list of images into an image
g.add('load_image', { image: pictures.out.collection });
// @ts-expect-error an image into a list of images
g.add('image_grid', { images: picture.out.image });
// @ts-expect-error outputs are gathered by a collector
g.add('image_grid', { images: [picture.out.image] });
// @ts-expect-error a text into a whole number
g.add('noise', { seed: text.out.value });
// @ts-expect-error a float into a whole number
g.add('noise', { seed: number.out.value });
// @ts-expect-error true or false into a float
g.add('float', { value: truth.out.value });
// @ts-expect-error a list of texts into numbers
g.add('float_collection', { collection: g.add('string_collection', {}).out.collection });
// @ts-expect-error what stays on the device is not just anything
g.add('collection_contains', { collection: pictures.out.collection, item: denoise.out.latents });
// @ts-expect-error the wrong part of a model
g.add('l2i', { latents: denoise.out.latents, vae: model.out.unet });
// @ts-expect-error an output that the node has not
g.add('l2i', { latents: denoise.out.latent, vae: model.out.vae });
// @ts-expect-error a node is none of its outputs
g.add('l2i', { latents: denoise, vae: model.out.vae });

// Iterations.
const each = g.iterate(pictures.out.collection);
const blurred = g.add('img_blur', { image: each.out.item });
g.add('noise', { seed: each.out.index });
// @ts-expect-error an image is no list
g.iterate(picture.out.image);
// @ts-expect-error the elements are images
g.add('noise', { seed: each.out.item });
// @ts-expect-error lists of images hold no lists
g.iterate(each.out.item);
g.iterate(
  g.iterate(g.collect({ item: g.collect({ item: blurred.out.image }).out.collection }).out.collection).out.item,
);
g.iterate(element.out.value);

// Collections.
const collected = g.collect({ item: [blurred.out.image, picture.out.image] });
g.add('image_grid', { images: collected.out.collection });
g.add('image_grid', {
  images: g.collect({ collection: pictures.out.collection, item: image.out.image }).out.collection,
});
g.add('float_collection', { collection: g.collect({ item: [picture.out.width, number.out.value] }).out.collection });
g.add('tensor_concatenate', {
  tensors: g.collect({ item: g.add('image_to_tensor', { image: picture.out.image }).out.tensor }).out.collection,
});
// @ts-expect-error a list of images is no image
g.add('load_image', { image: collected.out.collection });
// @ts-expect-error an image and a text are not of one type
g.collect({ item: [picture.out.image, text.out.value] });
// @ts-expect-error a number and a text are not of one type either
g.collect({ item: picture.out.width, collection: g.add('string_collection', {}).out.collection });
// @ts-expect-error the collection is no list
g.collect({ collection: picture.out.image });
// @ts-expect-error nothing to collect
g.collect({});
// @ts-expect-error a list of whole numbers from floats
g.add('integer_collection', { collection: g.collect({ item: [picture.out.width, number.out.value] }).out.collection });
// @ts-expect-error lists of lists of images are no list of images
g.add('image_grid', { images: g.collect({ item: collected.out.collection }).out.collection });

// Branches.
const chosen = g.if({ condition: truth.out.value, true_input: picture.out.image, false_input: blurred.out.image });
g.add('save_image', { image: chosen.out.value });
g.add('save_image', { image: g.if({ condition: true, true_input: picture.out.image }).out.value });
g.add('float', { value: g.if({ condition: true, true_input: 1, false_input: number.out.value }).out.value });
vary(g.if({ condition: later, true_input: 1, false_input: 2 }), 'condition', [true, false]);
// One of its types has to fit: which one comes is judged when it comes.
g.add('save_image', { image: g.if({ condition: true, true_input: picture.out.image, false_input: 'none' }).out.value });
// @ts-expect-error neither of them is a number
g.add('noise', { seed: g.if({ condition: true, true_input: picture.out.image, false_input: 'none' }).out.value });
const live = g.if({ condition: true, true_input: picture.out.image, false_input: denoise.out.latents });
// @ts-expect-error what stays on the device must be named by the input
g.add('save_image', { image: live.out.value });
// @ts-expect-error a condition is true or false
g.if({ condition: text.out.value, true_input: 1 });
// @ts-expect-error an unknown branch
g.if({ condition: true, else_input: 1 });
// @ts-expect-error no value of JSON
g.if({ condition: true, true_input: () => 1 });

// What a batch varies.
product(
  vary(noise, 'seed', range(1, 4)),
  zip(vary(prompt, 'prompt', ['a', 'b']), vary(denoise, 'scheduler', ['euler', 'ddim'])),
  vary(picture, 'image', [{ image_name: 'x' }]),
  vary(numbers, 'collection', [[1, 2], [3]]),
  vary(chosen, 'condition', [true, false]),
);
// @ts-expect-error texts where numbers go
vary(noise, 'seed', ['1', '2']);
// @ts-expect-error a word outside the enumeration
vary(denoise, 'scheduler', ['euler', 'heun']);
// @ts-expect-error an unknown field
vary(noise, 'seeds', [1]);
// @ts-expect-error an input that takes an edge only
vary(denoise, 'unet', []);
// @ts-expect-error an output is no value of a batch
vary(picture, 'image', [blurred.out.image]);
// @ts-expect-error a batch has no null
vary(element, 'index', [null]);
// @ts-expect-error a model is no value of a batch
vary(model, 'model', [{ key: 'x' }]);

// A runner's own nodes.
interface MyNodes {
  'my:dither': { inputs: NodeTypes['load_image']['inputs']; outputs: { image: Output<'image'> } };
}
const mine = graph<NodeTypes & MyNodes>();
const photo = mine.add('load_image', { image: { image_name: 'x' } });
mine.add('save_image', { image: mine.add('my:dither', { image: photo.out.image }).out.image });
// @ts-expect-error not among the built-in ones
g.add('my:dither', { image: picture.out.image });
// @ts-expect-error a wrong edge
mine.add('noise', { seed: mine.add('my:dither', { image: photo.out.image }).out.image });

// What the builder hands out says what it is.
const typed: [
  image: AddedNode<'l2i', NodeTypes['l2i']['inputs'], NodeTypes['l2i']['outputs']>,
  item: Flow<'image'>,
  list: Flow<'image[]'>,
  numbers: Flow<'float[]'>,
  value: Flow<'image' | 'null'>,
] = [
  image,
  each.out.item,
  collected.out.collection,
  g.collect({ item: [picture.out.width, number.out.value] }).out.collection,
  g.if({ condition: true, true_input: picture.out.image }).out.value,
];
export type Typed = typeof typed;

// What nodes return.
declare const made: ResultOf<typeof image>;
declare const sliced: ResultOf<typeof numbers>;
export const results: [name: string, width: number] = [made.image.image_name, made.width];
// @ts-expect-error an image has no such field
made.image.name;
// @ts-expect-error the list may be kept as an asset
sliced.collection.length + 1;
