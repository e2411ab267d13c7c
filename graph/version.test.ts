import { describe, expect, test } from 'vitest';
import { comesAfter, satisfies, versionRefusal } from './version.ts';

test.each([
  ['1.10.0', '1.9.9', true],
  ['1.2.10', '1.2.9', true],
  ['0.1.0', '0.1.1', false],
  ['latest', '1.0.0', false],
  ['1.0', '1.0.0', false],
])('%s satisfies %s: %s', (offered, pinned, expected) => {
  expect(satisfies(offered, pinned)).toBe(expected);
});

describe('versionRefusal', () => {
  test.each([
    ['1.2.3', '1.2.3'],
    ['1.2.3', '1.2.4'],
    ['1.2.3', '1.3.0'],
    ['0.1.0', '0.2.0'],
  ])('takes a node of %s where %s is present', (saved, present) => {
    expect(versionRefusal('add', saved, present)).toBeUndefined();
  });

  test.each([
    ['1.2.0', '1.1.9', 'upgrade the system'],
    ['1.2.1', '1.2.0', 'upgrade the system'],
    ['2.0.0', '1.9.0', 'upgrade the system'],
    ['1.9.0', '2.0.0', 'look over its fields'],
  ])('refuses a node of %s where %s is present: %s', (saved, present, advice) => {
    const refusal = versionRefusal('add', saved, present);
    expect(refusal).toContain(`was saved with "add" ${saved}, and this system has ${present}`);
    expect(refusal).toContain(advice);
    expect(refusal).toContain(`anew with version "${present}"`);
  });
});

test('versions follow each other as numbers do', () => {
  expect(comesAfter('1.10.0', '1.9.9')).toBe(true);
  expect(comesAfter('10.0.0', '9.0.0')).toBe(true);
  expect(comesAfter('1.0.0', '1.0.0')).toBe(false);
  expect(comesAfter('1.0.0', '1.0.1')).toBe(false);
  expect(comesAfter('new', '1.0.0')).toBe(false);
});
