import { describe, expect, test } from 'vitest';
import { compatible } from './compatible.ts';
import { isEphemeral, parseFieldType } from './parse.ts';

describe('compatible', () => {
  const yes: [source: string, destination: string][] = [
    ['image', 'image'],
    ['any', 'integer'],
    ['integer', 'any'],
    ['string', 'string|null'],
    ['string|null', 'string'],
    ['string[]', 'string|string[]'],
    ['string|string[]', 'string'],
    ['string|string[]', 'string|string[]|null'],
    ['integer', 'float'],
    ['integer', 'string'],
    ['float', 'string'],
    ['boolean', 'integer'],
    ['any[]', 'string[]'],
    ['string[]', 'any[]'],
    ['string[]', 'any'],
    ['integer[]', 'float[]'],
    ['latents', 'latents|null'],
    ['string', 'any|null'],
    ['latents', 'any|latents'],
  ];
  test.each(yes)('[G15] [G31] [G34] %s fits %s', (source, destination) => {
    expect(compatible(source, destination)).toBe(true);
  });

  const no: [source: string, destination: string][] = [
    ['image', 'float'],
    ['float', 'integer'],
    ['boolean', 'float'],
    ['boolean', 'string'],
    ['string', 'integer'],
    ['integer', 'boolean'],
    ['string[]', 'integer[]'],
    ['integer', 'float|null'],
    ['integer[]', 'integer'],
    ['integer', 'integer[]'],
    ['string|integer', 'string|float'],
    ['string|string[]|null', 'string|string[]'],
    ['latents', 'any'],
    ['any', 'latents'],
    ['latents[]', 'any[]'],
    ['latents', 'any|tensor'],
  ];
  test.each(no)('[G15] [G31] [G34] %s does not fit %s', (source, destination) => {
    expect(compatible(source, destination)).toBe(false);
  });

  test('[G32] string|string[] takes both of its members and no list of numbers', () => {
    expect(
      ['string', 'string[]', 'float[]', 'integer[]'].map((source) => compatible(source, 'string|string[]')),
    ).toEqual([true, true, false, false]);
  });
});

describe('parseFieldType', () => {
  test('reads members, lists and null', () => {
    expect(parseFieldType('string|image[]|null')).toEqual({
      members: [
        { name: 'string', list: false },
        { name: 'image', list: true },
      ],
      nullable: true,
    });
  });

  test.each(['', 'whole', 'toString', 'string[][]', '__proto__'])('throws on "%s"', (text) => {
    expect(() => parseFieldType(text)).toThrow('is not a field type');
  });

  test('a type is ephemeral as soon as one of its members is', () => {
    expect(['latents', 'tensor[]', 'image|latents', 'conditioning|null'].every(isEphemeral)).toBe(true);
    expect(['image', 'any', 'unet', 'string|null'].some(isEphemeral)).toBe(false);
  });
});
