import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { changedTypes, schedulers, sharedTypes } from './testing/importing-tables.ts';

const PAGE = readFileSync(new URL('../../docs/importing.md', import.meta.url), 'utf8');

test.each([
  ['what is shared', sharedTypes()],
  ['what differs', changedTypes()],
  ['the schedulers', schedulers()],
])('docs/importing.md says %s as the rules do', (_, text) => {
  expect(PAGE).toContain(text);
});
