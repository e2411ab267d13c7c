import { describe, expect, test } from 'vitest';
import { conformanceTests, ruleTests } from './numbers.ts';

const file = (path: string, text: string) => ({ path, text });
describe('ruleTests', () => {
  // Written in pieces: a number in brackets in a test file counts as a test of that rule.
  const carries = (number: number) => `test('[${'R'}${number}] holds', () => {});`;
  const rules = file('docs/rules.md', '# Rules\n\n- **R1** one\n2. text about R9\n| R2 | two |\n[R3] three\n');

  test('wants a test for each rule and a rule for each number', () => {
    const tests = file('edge/a.test.ts', [carries(1), carries(2), carries(7)].join('\n'));
    expect(ruleTests([rules, tests])).toEqual([
      { path: 'docs/rules.md', line: 6, message: `no test carries [${'R'}3]` },
      { path: 'edge/a.test.ts', line: 3, message: 'R7 is no rule' },
    ]);
  });

  test('says nothing before the document exists', () => {
    expect(ruleTests([file('edge/a.test.ts', carries(1))])).toEqual([]);
  });
});

describe('conformanceTests', () => {
  const carries = (number: string) => `test('[${number}] holds', () => {});`;
  const document = file(
    'docs/conformance.md',
    '| X41 | `graph/a.test.ts` |\n| X42 | to come |\n| X43 | `graph/a.test.ts` |\n| X44 | |\n',
  );

  test('wants each row to name the tests that carry its number, and no others', () => {
    const tests = file('graph/a.test.ts', [carries('X41'), carries('X42'), carries('X99')].join('\n'));
    expect(conformanceTests([document, tests]).map((fault) => fault.message)).toEqual([
      'X42 is carried by graph/a.test.ts too',
      `graph/a.test.ts does not carry [${'X'}43]`,
      'X44 says nothing',
      'X99 stands in no row of docs/conformance.md',
    ]);
  });
});
