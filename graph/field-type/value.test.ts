import { describe, expect, test } from 'vitest';
import { parseFieldType } from './parse.ts';
import { coerce, fitsType } from './value.ts';

describe('fitsType', () => {
  const cases: [type: string, value: unknown, fits: boolean][] = [
    ['integer', 1, true],
    ['integer', 1.5, false],
    ['integer', 2 ** 53, false],
    ['float', Number.NaN, false],
    ['string', null, false],
    ['string|null', null, true],
    ['any', null, true],
    ['any[]', null, false],
    ['integer[]', [1, 2], true],
    ['integer[]', [1, 'a'], false],
    ['image', { image_name: 'x' }, true],
    ['image', { asset_name: 'x' }, false],
    ['image', Object.create({ image_name: 'x' }), false],
    ['image[]', [{ image_name: 'x' }], true],
    ['file', { asset_name: 'x' }, true],
    ['model', { key: 'sd' }, true],
    ['unet', 'sd', false],
    ['color', { r: 0, g: 255, b: 1, a: 2 }, true],
    ['color', { r: 0, g: 256, b: 1, a: 2 }, false],
    ['latents', { shape: [1] }, false],
  ];
  test.each(cases)('%s, %j: %s', (type, value, fits) => {
    expect(fitsType(parseFieldType(type), value)).toBe(fits);
  });
});

describe('coerce', () => {
  const cases: [type: string, value: unknown, result: unknown][] = [
    ['string', 1, '1'],
    ['string', 1.5, '1.5'],
    ['string|null', 2, '2'],
    ['string|integer', 1, 1],
    ['any', 1, 1],
    ['string[]', [1, 'a'], ['1', 'a']],
    ['integer', true, 1],
    ['boolean|integer', true, true],
    ['integer[]', [true, 2], [1, 2]],
    ['string', true, true],
    ['integer', '1', '1'],
  ];
  test.each(cases)('to %s: %j becomes %j', (type, value, result) => {
    expect(coerce(parseFieldType(type), value)).toEqual(result);
  });
});
