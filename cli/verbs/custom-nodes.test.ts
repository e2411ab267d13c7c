import { expect, test } from 'vitest';
import { described } from './custom-nodes.ts';

test('what a runner says of itself cannot write over what else an admin is shown', () => {
  const hostile = '\u001b[2K\r\nharmless\u202e';
  const shown = described({
    ...{ type: 'acme:blur', version: '1.0.0', digest: 'a'.repeat(64), status: 'pending' },
    definition: {
      ...{ type: 'acme:blur', version: '1.0.0', title: hostile, category: 'image', deterministic: true },
      ...{ inputs: {}, output_type: 'image_output', outputs: { image: { field_type: 'image', title: 'Image' } } },
    },
    announced_by: { user_id: 'ann', key_id: 'k', runner: hostile },
    ...{ first_announced_at: '2026-01-01T00:00:00.000Z', last_announced_at: '2026-01-01T00:00:00.000Z' },
    ...{ decided_at: null, decided_by: null },
  });
  expect(shown.split('\n')).toEqual([
    'acme:blur@1.0.0  \ufffd[2K\ufffd\ufffdharmless\ufffd',
    '  takes   nothing',
    '  gives   image: image',
    '  from    ann, runner \ufffd[2K\ufffd\ufffdharmless\ufffd, key k, 2026-01-01T00:00:00.000Z',
    '  digest  aaaaaaaaaaaa',
  ]);
});
