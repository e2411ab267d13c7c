import { describe, expect, test } from 'vitest';
import { STATUS_NAMES } from '../contract/queue/status.ts';
import { entries } from '../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../test/support/queue-fixture.ts';
import { metricsText } from './metrics-text.ts';

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

interface Family {
  type: string;
  help: string;
  samples: Sample[];
}

const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole, name, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined) throw new Error(`not labels: ${rest}`);
    if (name in labels) throw new Error(`twice: ${name}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    rest = rest.slice(whole.length);
  }
  return labels;
}

/** Reads the text format 0.0.4 by its grammar, and refuses what is not of it. */
function parse(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  let current: [string, Family] | undefined;
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (help?.[1]) {
      if (families.has(help[1])) throw new Error(`two families ${help[1]}`);
      current = [help[1], { type: '', help: help[2] ?? '', samples: [] }];
      families.set(...current);
    } else if (type) {
      if (current?.[0] !== type[1] || current?.[1].samples.length !== 0) throw new Error(`TYPE out of place: ${line}`);
      current[1].type = type[2] ?? '';
    } else if (sample) {
      const [, name = '', labels = '', value = ''] = sample;
      const [family, { type, samples }]: [string, Family] = current ?? ['', { type: '', help: '', samples: [] }];
      const names = type === 'summary' ? [`${family}_sum`, `${family}_count`] : [family];
      if (!names.includes(name)) throw new Error(`${name} stands below ${family}`);
      if (type === 'counter' && !name.endsWith('_total')) throw new Error(`a counter is called ${name}`);
      if (!/^[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)$|^NaN$/.test(value)) throw new Error(`no number: ${line}`);
      if (seen.has(`${name}{${labels}}`)) throw new Error(`twice: ${line}`);
      seen.add(`${name}{${labels}}`);
      samples.push({ name, labels: labelsOf(labels), value: Number(value) });
    } else throw new Error(`not of the format: ${line}`);
  }
  return families;
}

const figure = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number => {
  const all = [...families.values()].flatMap((family) => family.samples);
  const found = all.filter(
    (sample) =>
      sample.name === `switchyard_${name}` &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found, name).toHaveLength(1);
  return found[0]?.value ?? Number.NaN;
};

describe('metrics', () => {
  test('every figure, as the text format has it', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 5, { user_id: 'ann' }));
    const runner = new ProtocolRunner(fixture).register();
    new ProtocolRunner(fixture, 'r2').register();
    fixture.now += 2_500;
    const [first, second, third] = runner.claim(3);
    if (!first || !second || !third) throw new Error('three grants were expected');
    const { started, running, result, complete } = entries(first);
    runner.post(started, running, { ...result, seconds: 1.5 }, complete);
    runner.post(entries(second).started, entries(second).failed, entries(third).started);
    const figures = fixture.read('metrics', null);
    const families = parse(metricsText(figures, { events: 3, runner: 1 }));
    for (const [name, { type, help }] of families) expect([name, type, help]).not.toContain('');
    const items = Object.fromEntries(STATUS_NAMES.map((status) => [status, figure(families, 'items', { status })]));
    expect(items).toEqual({ pending: 2, in_progress: 1, waiting: 0, completed: 1, failed: 1, canceled: 0 });
    const arrived = Object.fromEntries(
      STATUS_NAMES.map((status) => [status, figure(families, 'item_arrivals_total', { status })]),
    );
    expect(arrived).toEqual({ pending: 5, in_progress: 3, waiting: 0, completed: 1, failed: 1, canceled: 0 });
    expect(figure(families, 'items_enqueued_total')).toBe(5);
    expect([figure(families, 'wait_seconds_sum'), figure(families, 'wait_seconds_count')]).toEqual([7.5, 3]);
    expect(figure(families, 'device_seconds_total')).toBe(1.5);
    expect(figure(families, 'oldest_pending_seconds')).toBe(2.5);
    const { sequence } = fixture.queue.sql.one<{ sequence: number }>('SELECT sequence FROM queue');
    expect([figure(families, 'events_total'), figure(families, 'log_events')]).toEqual([sequence, sequence]);
    const { length } = fixture.queue.sql.one<{ length: number }>('SELECT SUM(LENGTH(body)) AS length FROM log');
    expect(figure(families, 'log_characters')).toBe(length);
    expect(figure(families, 'database_bytes')).toBe(fixture.queue.sql.size);
    expect(figure(families, 'runners', { state: 'registered' })).toBe(2);
    expect(figure(families, 'runners', { state: 'busy' })).toBe(1);
    expect(figure(families, 'sockets', { kind: 'events' })).toBe(3);
    expect(figure(families, 'paused')).toBe(0);
  });

  test('what an empty queue tells is as well formed, and so is any name', async () => {
    const fixture = await QueueFixture.open();
    const families = parse(
      metricsText({ ...fixture.read('metrics', null), queue_id: 'a "b"\\\n' }, { events: 0, runner: 0 }),
    );
    expect(figure(families, 'items', { queue: 'a "b"\\\n', status: 'pending' })).toBe(0);
    expect([figure(families, 'log_events'), figure(families, 'oldest_pending_seconds')]).toEqual([0, 0]);
  });

  test('the reader of this test refuses what is no such text', () => {
    for (const text of [
      'a 1',
      'a 1\n',
      '# HELP a b\n# TYPE a counter\na 1\n',
      '# HELP a b\n# TYPE a gauge\na{b=c} 1\n',
    ])
      expect(() => parse(text)).toThrow();
  });
});
