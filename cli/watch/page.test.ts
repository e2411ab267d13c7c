import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { Status } from '../../contract/queue/status.ts';
import { type PageOptions, pageLines } from './page.ts';
import { QueuePicture, type RowOfQueue } from './queue-picture.ts';

const NOW = Date.parse('2026-11-21T05:00:10.000Z');
const options: PageOptions = {
  ...{ title: 'queue default', colors: pc.createColors(false), columns: 100, rows: 20, now: NOW, rate: null },
};
const counts = { pending: 3, in_progress: 1, waiting: 0, completed: 6, failed: 0, canceled: 0, total: 10 };

const row = (item_id: number, status: Status, more: Partial<RowOfQueue> = {}): RowOfQueue => ({
  ...{ item_id, status, user_id: 'system', origin: 'cli', device: 'cpu', type: 'noise', note: '', percentage: 0.5 },
  ...{
    started_at: '2026-11-21T05:00:00.000Z',
    completed_at: status === 'in_progress' ? null : '2026-11-21T05:00:04.000Z',
  },
  ...more,
});

function picture(running: number, ended: number): QueuePicture {
  const made = new QueuePicture();
  made.counts = counts;
  made.runners.set('r', { name: 'r', devices: ['cpu'] });
  for (let id = 1; id <= running; id++) made.running.set(id, row(id, 'in_progress'));
  for (let id = 101; id <= 100 + ended; id++) made.recent.push(row(id, 'completed'));
  return made;
}

test('counters, what runs with its node and progress, and what ended', () => {
  const lines = pageLines(picture(1, 1), { ...options, rate: 2 });
  expect(lines[0]).toBe('queue default   1 runner   2.0/s   2.0 s left');
  expect(lines[1]).toHaveLength(99);
  expect(lines[2]).toBe('3 pending   1 in_progress   6 completed');
  expect(lines[5]).toBe('   1  in_progress  noise  █████░░░░░  50%  cpu     cli    10 s');
  expect(lines[6]?.replaceAll(/ +/g, ' ')).toBe(' 101 completed cpu cli 4.0 s');
  expect(lines.at(-1)).toBe('q or Ctrl-C leaves');
});

test.each([
  [0, 0],
  [3, 0],
  [40, 0],
  [40, 40],
  [0, 40],
])('%d that run and %d that ended stay within the screen', (running, ended) => {
  for (const rows of [10, 14, 24]) {
    const lines = pageLines(picture(running, ended), { ...options, rows, columns: 50 });
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines.at(-1)).toBe('q or Ctrl-C leaves');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(50);
    const hidden = /^(\d+) more run$/m.exec(lines.join('\n'))?.[1];
    const shown = lines.filter((line) => line.includes('in_progress') && /^ *\d+ {2}/.test(line)).length;
    expect(shown + Number(hidden ?? 0)).toBe(running);
  }
});

test('a lost connection, a pause and a queue without runners are said', () => {
  const made = picture(0, 0);
  made.connected = false;
  made.paused = true;
  made.runners.clear();
  expect(pageLines(made, options)[0]).toBe(
    'queue default   disconnected; waiting for the service   paused   no runner',
  );
});

test('what others do is shown without what is theirs, and harmless', () => {
  const made = picture(0, 0);
  made.running.set(1, row(1, 'in_progress', { user_id: 'redacted', origin: null, type: '', percentage: null }));
  made.running.set(2, row(2, 'in_progress', { note: '\x1b[2J', origin: 'a\nb' }));
  const lines = pageLines(made, options);
  expect(lines.join('|')).toContain("someone else's");
  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
});
