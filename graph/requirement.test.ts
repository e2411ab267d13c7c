import { describe, expect, test } from 'vitest';
import { canRun, requirementOf } from './requirement.ts';
import { graphOf, pinnedOf } from './testing/graph-builder.ts';

const HASH = 'a'.repeat(64);

describe('requirementOf', () => {
  test('names engine, types and models, each once and in order', () => {
    const pinned = pinnedOf(
      graphOf({
        z: { type: 'noise', model: { key: 'sd', hash: HASH } },
        y: { type: 'noise', model: { key: 'sd', hash: HASH } },
        a: { type: 'add' },
      }),
    );
    expect(requirementOf(pinned)).toEqual({
      engine: 1,
      types: [
        ['add', '1.0.0'],
        ['noise', '1.0.0'],
      ],
      models: [HASH],
    });
  });
});

describe('canRun', () => {
  const requirement = { engine: 1, types: [['add', '1.2.0']] as [string, string][], models: [HASH] };
  test.each<[string, Parameters<typeof canRun>[0], boolean]>([
    ['the same', { engine: 1, types: { add: '1.2.0' } }, true],
    ['a newer minor version, and more types', { engine: 1, types: { add: '1.3.0', mul: '1.0.0' } }, true],
    ['an older version', { engine: 1, types: { add: '1.1.9' } }, false],
    ['another major version', { engine: 1, types: { add: '2.0.0' } }, false],
    ['another engine', { engine: 2, types: { add: '1.2.0' } }, false],
    ['without the type', { engine: 1, types: {} }, false],
  ])('%s: %s', (_, runner, able) => {
    expect(canRun(runner, requirement)).toBe(able);
  });

  test('a type that an object inherits is no type', () => {
    expect(canRun({ engine: 1, types: {} }, { engine: 1, types: [['constructor', '1.0.0']], models: [] })).toBe(false);
  });
});
