import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonElements } from './json-elements.ts';

const HARD = [{ a: '[1,2]"\\', b: [[], {}, [{}]] }, '],[', '\\"', '', [1, [2]], null, -1.5e3, { '}': ']' }];

test('the elements come out as they went in, wherever the text is cut', () => {
  for (const space of [0, 2]) {
    const text = ` ${JSON.stringify(HARD, null, space)} `;
    for (let cut = 0; cut <= text.length; cut++) {
      const elements = new JsonElements();
      const found = [...elements.take(text.slice(0, cut)), ...elements.take(text.slice(cut))];
      expect(found).toEqual(HARD);
      expect(elements.ended).toBe(true);
    }
  }
});

test('any list comes out of any pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat(30), { minLength: 1 }), (list, sizes) => {
      const elements = new JsonElements();
      const text = JSON.stringify(list);
      const found: unknown[] = [];
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = (sizes[turn % sizes.length] ?? 0) + 1;
        found.push(...elements.take(text.slice(at, at + size)));
        at += size;
      }
      expect(JSON.stringify(found)).toBe(text);
      expect(elements.ended).toBe(true);
    }),
  );
});

test('an empty list has none, and half a list is not ended', () => {
  const empty = new JsonElements();
  expect([empty.take('[ ]'), empty.ended]).toEqual([[], true]);
  const half = new JsonElements();
  expect([half.take('[1,{"a":'), half.ended]).toEqual([[1], false]);
});

test('what is no JSON is an error', () => {
  expect(() => new JsonElements().take('[1,x,2]')).toThrow(SyntaxError);
});
