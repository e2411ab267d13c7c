import pc from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { type Column, factLines, tableLines } from './table.ts';
import { fit, harmlessLines, oneLine, pad } from './text.ts';

interface Row {
  id: number;
  name: string;
  note: string;
}

const columns: Column<Row>[] = [
  { head: 'id', cell: ({ id }) => String(id), align: 'right' },
  { head: 'name', cell: ({ name }) => name, least: 4 },
  { head: 'note', cell: ({ note }) => note, least: 6 },
];
const rows: Row[] = [
  { id: 7, name: 'a short one', note: '' },
  { id: 12, name: 'b', note: 'a note that is quite long' },
];
const at = (width: number, of = rows) => tableLines(columns, of, { width, head: String });

describe('a table', () => {
  test.each([
    [
      Number.POSITIVE_INFINITY,
      ['id  name         note', ' 7  a short one', '12  b            a note that is quite long'],
    ],
    [42, ['id  name         note', ' 7  a short one', '12  b            a note that is quite long']],
    [32, ['id  name         note', ' 7  a short one', '12  b            a note that is…']],
    [20, ['id  name     note', ' 7  a shor…', '12  b        a note…']],
    [16, ['id  name  note', ' 7  a s…', '12  b     a not…']],
    [9, ['id  name…', ' 7  a s…', '12  b   …']],
  ])('%d columns wide', (width, lines) => {
    expect(at(width)).toEqual(lines);
  });

  test('is never wider than there is room, whatever is in it', () => {
    const wild = [
      { id: 1, name: '漢字かな交じり文', note: pc.createColors(true).red('a red note that goes on') },
      { id: 1e15, name: '👩‍👩‍👧‍👦'.repeat(5), note: 'é'.repeat(50) },
    ];
    for (let width = 1; width < 100; width++)
      for (const line of at(width, wild)) expect(stringWidth(line), `${width}: ${line}`).toBeLessThanOrEqual(width);
  });

  test('has no column in which nothing stands, and a head alone without rows', () => {
    expect(at(80, [{ id: 1, name: 'one', note: '' }])).toEqual(['id  name', ' 1  one']);
    expect(at(80, [])).toEqual(['']);
  });

  test('facts stand below each other; those that say nothing are left out', () => {
    const facts = [
      ['status', 'failed'],
      ['device', ''],
      ['user', 'ann'],
    ] as const;
    expect(factLines(facts, String)).toEqual(['  status  failed', '  user    ann']);
  });
});

describe('text', () => {
  test.each([
    ['plain', 10, 'plain'],
    ['exactly10!', 10, 'exactly10!'],
    ['eleven long', 10, 'eleven lo…'],
    ['漢字かな', 5, '漢字…'],
    ['anything', 1, '…'],
    ['anything', 0, ''],
  ])('%s in %d columns', (text, width, shown) => {
    expect(fit(text, width)).toBe(shown);
  });

  test('is filled up by what a terminal shows of it', () => {
    expect(pad('漢', 4)).toBe('漢  ');
    expect(pad('7', 3, 'right')).toBe('  7');
    expect(pad('longer', 3)).toBe('longer');
  });

  test('of others cannot steer the terminal', () => {
    expect(oneLine(' a\n\tb\u001b[2K\u202ec ')).toBe('a b\ufffd[2K\ufffdc');
    expect(harmlessLines('one\r\n\ttwo\u001b[31m\n')).toEqual(['one', '    two\ufffd[31m']);
  });
});
