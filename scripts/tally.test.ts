import { expect, test } from 'vitest';
import { tally } from './tally.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const passing = { numPassedTests: 2, numFailedTests: 0, testResults: [file('passed', 'passed', 'passed')] };

test('counts what vitest counted', () => {
  expect(tally(passing, 0)).toEqual({ passed: 2, failed: 0 });
  const failing = { numPassedTests: 1, numFailedTests: 1, testResults: [file('failed', 'passed', 'failed')] };
  expect(tally(failing, 1)).toEqual({ passed: 1, failed: 1 });
});

test('a file that could not be loaded is a failure', () => {
  const broken = { ...passing, testResults: [...passing.testResults, file('failed')] };
  expect(tally(broken, 1)).toEqual({ passed: 2, failed: 1 });
});

test('a run that failed without a failed test is a failure', () => {
  expect(tally(passing, 1)).toEqual({ passed: 2, failed: 1 });
  expect(tally(undefined, 134)).toEqual({ passed: 0, failed: 1 });
});
