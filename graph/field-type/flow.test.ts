import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELD_TYPE_NAMES } from '../../contract/graph/field-type.ts';
import { ITERATION_DEPTH_MAX } from '../../contract/limits.ts';
import { compatible } from './compatible.ts';
import {
  elementsOf,
  FlowFit,
  flowOf,
  flowOfLiteral,
  flowText,
  gatheredOf,
  listOf,
  mostGeneral,
  NULL_FLOW,
} from './flow.ts';

const text = (flow: bigint | undefined) => (flow === undefined ? undefined : flowText(flow));
const wrapped = (type: string, times: number) =>
  Array.from({ length: times }).reduce<bigint | undefined>((flow) => flow && listOf(flow), flowOf(type));

describe('flows', () => {
  test('read as field types are written, by depth and in the order of the names', () => {
    expect(flowText(flowOf('string[]|null'))).toBe('string[]|null');
    expect(flowText(flowOf('image[]|string|integer'))).toBe('integer|string|image[]');
    expect(flowText(flowOf('image[]|string|integer'), 2)).toBe('integer|string|…');
    expect(text(wrapped('image', 3))).toBe('image[][][]');
  });

  test.each([
    ['integer[]', 'integer'],
    ['any', 'any'],
    ['any[]', 'any'],
    ['string|string[]|null', 'string'],
    ['image[]|latents[]', 'image|latents'],
    ['string|null', ''],
  ])('the elements of %s: %s', (type, elements) => {
    expect(flowText(elementsOf(flowOf(type)))).toBe(elements);
  });

  test('lists of lists have lists for elements', () => {
    expect(text(elementsOf(wrapped('integer', 2) ?? 0n))).toBe('integer[]');
  });

  test('a collector counts what is no list as an element', () => {
    expect(flowText(gatheredOf(flowOf('image|string[]|null')))).toBe('string|image');
  });

  test.each([
    [null, 'null'],
    [undefined, 'null'],
    [true, 'boolean'],
    [2, 'integer'],
    [2.5, 'float'],
    ['x', 'string'],
    [[1], 'any[]'],
    [{ image_name: 'x' }, 'any'],
  ])('the literal %j is %s', (value, type) => {
    expect(flowText(flowOfLiteral(value))).toBe(type);
  });

  test('lists are told apart as deep as iterations go; deeper ones hold anything, unless they stay on the device', () => {
    const deepest = '[]'.repeat(ITERATION_DEPTH_MAX);
    expect(text(wrapped('image', ITERATION_DEPTH_MAX))).toBe(`image${deepest}`);
    expect(text(wrapped('image', ITERATION_DEPTH_MAX + 5))).toBe(`any${deepest}`);
    expect(text(wrapped('latents', ITERATION_DEPTH_MAX))).toBe(`latents${deepest}`);
    expect(wrapped('latents', ITERATION_DEPTH_MAX + 1)).toBeUndefined();
  });
});

describe('mostGeneral', () => {
  test.each([
    ['image', 'image'],
    ['image|null', 'image'],
    ['boolean|integer', 'integer'],
    ['integer|float', 'float'],
    ['boolean[]|float[]', 'float[]'],
    ['any', 'any'],
    ['any|string', 'string'],
    ['any|string[]', 'string[]'],
    ['any|any[]', 'any'],
    ['integer|string', undefined],
    ['image|string', undefined],
    ['string|string[]', undefined],
    ['any[]|string', undefined],
    ['any|latents', undefined],
    ['latents|tensor', undefined],
  ])('of %s: %s', (type, general) => {
    expect(text(mostGeneral(flowOf(type)))).toBe(general);
  });
});

describe('FlowFit', () => {
  const fit = new FlowFit();
  const plain = FIELD_TYPE_NAMES.flatMap((name) => [name, `${name}[]`]);

  test('[G15] a flow of one type fits where that type does', () => {
    for (const source of plain)
      for (const destination of [...plain, 'string|string[]', 'float|null', 'any|latents'])
        expect([source, destination, fit.fits(flowOf(source), destination)]).toEqual([
          source,
          destination,
          compatible(source, destination),
        ]);
  });

  test.each([
    ['integer|image', 'float', true],
    ['integer|null', 'float', true],
    ['integer|image', 'color', false],
    ['latents|image', 'image', false],
    ['latents|image', 'image|latents', true],
    ['latents|image', 'any', false],
    ['latents|image', 'any|latents', true],
  ])('%s into %s: %s', (source, destination, fits) => {
    expect(fit.fits(flowOf(source), destination)).toBe(fits);
  });

  test('nothing but null fits, since an input may do without', () => {
    expect(fit.fits(NULL_FLOW, 'image')).toBe(true);
  });

  test('lists of lists fit lists of anything and anything, unless they stay on the device', () => {
    const fits = (type: string, destination: string) => fit.fits(wrapped(type, 2) ?? 0n, destination);
    expect(['any', 'any[]', 'any|null', 'integer[]', 'integer'].map((each) => fits('integer', each))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(['any', 'any[]', 'latents[]'].some((each) => fits('latents', each))).toBe(false);
    expect(fits('any', 'string[]')).toBe(false);
  });
});

test('unions are as good as their members in any order', () => {
  const types = fc.array(fc.constantFrom(...FIELD_TYPE_NAMES.flatMap((name) => [name, `${name}[]`])), { minLength: 1 });
  fc.assert(
    fc.property(types, (members) => {
      const flow = members.map(flowOf).reduce((all, each) => all | each);
      expect(flowOf(members.toReversed().join('|'))).toBe(flow);
      expect(flowOf(flowText(flow))).toBe(flow);
      const general = mostGeneral(flow);
      if (general !== undefined) expect(mostGeneral(flow | general)).toBe(general);
    }),
  );
});
