import { describe, expect, expectTypeOf, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../contract/error/codes.ts';
import { problem } from '../contract/error/problem.ts';
import { ProblemError, SwitchyardError } from './errors.ts';
import {
  PROBLEM_CLASSES,
  problemError,
  type QueueFullError,
  readProblem,
  type TooLargeError,
  type UpgradeRequiredError,
  type ValidationError,
} from './problems.ts';

test('each code of the list has a class, and every class is a ProblemError', () => {
  expect(Object.keys(PROBLEM_CLASSES).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  expectTypeOf<keyof typeof PROBLEM_CLASSES>().toEqualTypeOf<ErrorCode>();
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const error = problemError(problem(code, 'no'));
    expect(error).toBeInstanceOf(PROBLEM_CLASSES[code]);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toBeInstanceOf(SwitchyardError);
    expect([error.name, error.code, error.retry]).toEqual([PROBLEM_CLASSES[code].name, code, ERROR_CODES[code].retry]);
  }
});

test('members of the document are members of the error', () => {
  const full = problemError(problem('queue_full', 'no', { extra: { room: 3, requested: 9 } })) as QueueFullError;
  expect([full.room, full.requested]).toEqual([3, 9]);
  expect((problemError(problem('queue_full', 'no')) as QueueFullError).room).toBeNull();
  expect((problemError(problem('body_too_large', 'no', { extra: { limit: 10 } })) as TooLargeError).limit).toBe(10);
  const upgrade = problemError(problem('upgrade_required', 'no', { extra: { protocol: 2 } })) as UpgradeRequiredError;
  expect(upgrade.protocol).toBe(2);
  const faults = ['/a', '/a/b', '/ab'].map((pointer) => ({ pointer, code: 'missing' as const, detail: 'Give it.' }));
  const invalid = problemError(problem('validation_failed', 'no', { errors: faults })) as ValidationError;
  expect(invalid.below('/a').map((fault) => fault.pointer)).toEqual(['/a', '/a/b']);
  expect(invalid.message).toBe('no\n  /a: Give it.\n  /a/b: Give it.\n  /ab: Give it.');
});

describe('a document in an answer', () => {
  test('of a newer service may have codes that are not known here: they are refusals that promise nothing', () => {
    for (const code of ['novelty', 'toString', '__proto__']) {
      const found = readProblem(JSON.stringify({ ...problem('conflict', 'no'), code }));
      const error = problemError(found ?? problem('internal', ''));
      expect([error.constructor, error.code, error.retry]).toEqual([ProblemError, code, 'never']);
    }
  });

  test('is none when its members are missing, or it is no JSON', () => {
    for (const text of ['', '<html>', 'null', '[]', '{"code":"conflict"}', '{"code":1,"detail":"","status":409}'])
      expect(readProblem(text), text).toBeNull();
  });

  test('may list faults that make no sense, which are left out', () => {
    const text = JSON.stringify({ ...problem('conflict', 'no'), errors: [null, 3, { pointer: '/a', detail: 'x' }] });
    expect(readProblem(text)?.errors).toEqual([{ pointer: '/a', detail: 'x' }]);
    expect(readProblem(JSON.stringify({ ...problem('conflict', 'no'), errors: 'x' }))?.errors).toBeUndefined();
  });
});
