import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { FIELD_TYPE_NAMES, FIELD_TYPES } from '../../contract/graph/field-type.ts';
import { parseFieldType } from '../field-type/parse.ts';
import { fitsType } from '../field-type/value.ts';
import { typeDefinitions, typeKeywords } from './type-schema.ts';

const VALUES = [
  null,
  ...[true, 0, -1, 0.5, 2 ** 53, '', 'text', {}, []],
  ...[
    { r: 0, g: 0, b: 255, a: 0 },
    { r: 0, g: 0, b: 256, a: 0 },
    { r: 0, g: 0, b: 0.5, a: 0 },
    { r: 0, g: 0, b: 0 },
  ],
  ...[
    { x_min: 0, x_max: 1, y_min: -5, y_max: 9 },
    { x_min: 0, x_max: 1, y_min: 0, y_max: 0.5 },
  ],
  ...[{ image_name: 'a' }, { image_name: 1 }, { asset_name: 'a' }, { key: 'a' }, { key: null }],
  [null],
  [0, 1],
  [0, 'text'],
  [{ image_name: 'a' }, { image_name: 'b' }],
  [[]],
];

const names = FIELD_TYPE_NAMES.flatMap((name) => [name, `${name}[]`, `${name}|null`, `${name}|${name}[]`]);

test.each([...names, 'string|integer[]|null', 'image|latents'])('%s means what the engine takes it for', (text) => {
  const ajv = new Ajv2020({ strict: true, ownProperties: true });
  const validate = ajv.compile({ $defs: typeDefinitions(), ...typeKeywords(text) });
  const type = parseFieldType(text);
  for (const value of VALUES) expect([value, validate(value)]).toEqual([value, fitsType(type, value)]);
});

test('every field type is defined, with its meaning', () => {
  expect(Object.keys(typeDefinitions())).toEqual(FIELD_TYPE_NAMES.map((name) => `type.${name}`));
  expect(typeDefinitions()['type.image']?.description).toBe(FIELD_TYPES.image.meaning);
});
