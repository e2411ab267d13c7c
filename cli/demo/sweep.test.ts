import { expect, test } from 'vitest';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { linesOf } from '../batch/lines.ts';
import { contactSheet, DEFAULT_PROMPTS, imageStem, promptAndSeed, SHEET_IMAGES_MAX, sweepBatch } from './sweep.ts';

test('the sweep is the product of prompts and seeds', () => {
  const { batch } = sweepBatch({ prompts: ['a', 'b'], seeds: [1, 2, 3], steps: 7 });
  expect(batch.data?.map((group) => group.map((datum) => datum.items))).toEqual([[['a', 'b']], [[1, 2, 3]]]);
  expect(batch.graph.nodes.denoise).toMatchObject({ steps: 7, cfg_scale: 3, scheduler: 'ddim' });
  const outputs = Object.values(batch.graph.nodes).filter((node) => !node.is_intermediate);
  expect(outputs.map((node) => node.id)).toEqual(['save']);
});

test('an item tells its prompt and seed', () => {
  const values = [
    { node_path: 'positive', field_name: 'prompt', value: 'a ring' },
    { node_path: 'noise', field_name: 'seed', value: 3 },
  ];
  expect(promptAndSeed(values)).toEqual({ prompt: 'a ring', seed: 3 });
});

test('the sheet never has more columns than images', () => {
  expect(contactSheet(['a', 'b'], 4).batch.graph.nodes.sheet).toMatchObject({ columns: 2 });
  expect(contactSheet(['a', 'b', 'c'], 2).batch.graph.nodes.sheet).toMatchObject({ columns: 2 });
});

test('the default prompts name shape, colour and background, and one is a ring', () => {
  expect(DEFAULT_PROMPTS).toHaveLength(4);
  for (const prompt of DEFAULT_PROMPTS) expect(prompt).toMatch(/^a big \w+ (circle|ring|heart|star) on \w+$/);
  expect(DEFAULT_PROMPTS.some((prompt) => prompt.includes('ring'))).toBe(true);
});

test.each([
  ['a big red circle on blue', 1, 'a-big-red-circle-on-blue-1'],
  ['  ../etc/passwd: "x"', 2, 'etc-passwd-x-2'],
  ['🎈', 3, 'image-3'],
  ['x'.repeat(300), 4, `${'x'.repeat(80)}-4`],
])('%s becomes a harmless file name', (prompt, seed, stem) => {
  expect(imageStem(prompt, seed)).toBe(stem);
});

test('a prompts file has one a line, and comments', () => {
  expect(linesOf('# mine\n\n a ring \r\na star\n')).toEqual(['a ring', 'a star']);
});

test('a contact sheet holds as many images as its node takes', () => {
  expect(builtin.node_types.image_grid.inputs.images.schema.maxItems).toBe(SHEET_IMAGES_MAX);
});
