import { readFile } from 'node:fs/promises';
import { expect, it, test } from 'vitest';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { booleanNode } from './boolean.ts';
import { booleanCollectionNode } from './boolean-collection.ts';
import { boundingBoxNode } from './bounding-box.ts';
import { colorNode } from './color.ts';
import { floatNode } from './float.ts';
import { floatCollectionNode } from './float-collection.ts';
import { imageNode } from './image.ts';
import { imageCollectionNode } from './image-collection.ts';
import { integerNode } from './integer.ts';
import { integerCollectionNode } from './integer-collection.ts';
import { latentsNode } from './latents.ts';
import { stringNode } from './string.ts';
import { stringCollectionNode } from './string-collection.ts';

const context = testContext();
const run = (node: Node, inputs?: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));

const given: [node: Node, inputs: Record<string, unknown>][] = [
  [integerNode, { value: -7 }],
  [floatNode, { value: 0.1 }],
  [stringNode, { value: 'a\nb' }],
  [booleanNode, { value: true }],
  [colorNode, { color: { r: 1, g: 2, b: 3, a: 4 } }],
  [integerCollectionNode, { collection: [3, -1, 3] }],
  [floatCollectionNode, { collection: [0.5, 2] }],
  [stringCollectionNode, { collection: ['', 'b'] }],
  [booleanCollectionNode, { collection: [true, false] }],
  [imageCollectionNode, { collection: [{ image_name: 'one' }, { image_name: 'two' }] }],
];
test.each(given.map(([node, inputs]) => [node.definition.type, node, inputs] as const))(
  '%s returns what it is given',
  async (_, node, inputs) => {
    expect(await run(node, inputs)).toEqual(inputs);
  },
);

const absent: [node: Node, output: Record<string, unknown>][] = [
  [integerNode, { value: 0 }],
  [floatNode, { value: 0 }],
  [stringNode, { value: '' }],
  [booleanNode, { value: false }],
  [colorNode, { color: { r: 0, g: 0, b: 0, a: 255 } }],
  [integerCollectionNode, { collection: [] }],
  [floatCollectionNode, { collection: [] }],
  [stringCollectionNode, { collection: [] }],
  [booleanCollectionNode, { collection: [] }],
];
test.each(absent.map(([node, output]) => [node.definition.type, node, output] as const))(
  "%s has InvokeAI's default",
  async (_, node, output) => {
    expect(await run(node)).toEqual(output);
  },
);

it('image says its size as shown, and refuses what is no image', async () => {
  const store = async (bytes: Uint8Array) => ({ image_name: await context.assets.write(bytes, 'image/jpeg') });
  // Stored as 200 × 300, with a tag that it lies on its side.
  const image = await store(await readFile(new URL('../../../test/support/photos/coffee.jpg', import.meta.url)));
  expect(await run(imageNode, { image })).toEqual({ image, width: 300, height: 200 });
  await expect(run(imageNode, { image: await store(Buffer.from('no image')) })).rejects.toThrow(/image/);
  await expect(run(imageNode, { image: { image_name: 'missing' } })).rejects.toThrow('no asset missing');
});

it('latents says how large an image they stand for', async () => {
  const latents = { shape: [1, 4, 8, 16], data: new Float32Array(4 * 8 * 16) };
  const output = await run(latentsNode, { latents });
  expect(output).toEqual({ latents, width: 128, height: 64 });
  expect(output.latents).toBe(latents);
});

it('bounding_box refuses sides in the wrong order', async () => {
  const sides = { x_min: -1, y_min: 2, x_max: 30, y_max: 2 };
  expect(await run(boundingBoxNode, sides)).toEqual({ bounding_box: sides });
  await expect(run(boundingBoxNode, { ...sides, x_min: 31 })).rejects.toThrow(
    'x_min (31) must not be more than x_max (30)',
  );
  await expect(run(boundingBoxNode, { ...sides, y_min: 3 })).rejects.toThrow('y_min (3)');
});
