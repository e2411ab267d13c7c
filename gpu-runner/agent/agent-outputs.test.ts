import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Model, manifestText } from '../../contract/store/model.ts';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { TraceCollector } from '../../test/support/trace-collector.ts';
import { makeLog } from './log.ts';
import { edge, graphOf, start, useEdge } from './testing/agents.ts';
import { openTracing, type Tracing } from './tracing.ts';

useEdge();

const of = (field_name: string, value: string | number) => [{ node_path: 'n0', field_name, value }];

/** Puts the text encoder into the store as `m`. */
function storeModel(): void {
  const bytes = readFileSync(path.join(TINY_DIFFUSION, 'text_encoder/model.onnx'));
  const digest = createHash('sha256').update(bytes).digest('hex');
  const files = [{ path: 'model.onnx', sha256: digest, size: bytes.length }];
  const hash = createHash('sha256')
    .update(manifestText({ type: 'onnx', files }))
    .digest('hex');
  const model: Model = {
    ...{ key: 'm', hash, type: 'onnx', base: 'any', status: 'ready', files, missing: [] },
    created_at: '2026-01-01T00:00:00.000Z',
  };
  edge.models.set('m', { model, files: new Map([[digest, bytes]]) });
}

describe('previews', () => {
  test('go up after their image, for a small image not at all, and the end waits for them', async () => {
    edge.queue.enqueue('b', graphOf('paint'), [of('side', 100), of('side', 600)]);
    const { agent, ended } = start();
    await edge.until(() => edge.queue.isDone);
    agent.drain('test over');
    expect(await ended).toBe(0);
    expect(edge.assets.size).toBe(2);
    const [[name, preview] = []] = [...edge.previews];
    const { width } = await sharp(edge.assets.get(name ?? '')).metadata();
    const small = await sharp(preview).metadata();
    expect([edge.previews.size, width, small.format, small.width]).toEqual([1, 600, 'webp', 256]);
  });

  test('that are refused or get lost change nothing', async () => {
    edge.faultOf = (call) => (call === 'preview' ? 'busy' : undefined);
    edge.queue.enqueue('b', graphOf('paint'), [of('side', 600)]);
    const { agent, ended } = start();
    await edge.until(() => edge.queue.isDone && edge.calls.preview > 1);
    agent.drain('test over');
    expect([await ended, edge.previews.size]).toEqual([0, 0]);
    expect(edge.queue.item(1).state.status).toBe('completed');
  });
});

test('with --profile, each session leaves its profile and the traces of its models', async () => {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'switchyard-profile-'));
  storeModel();
  edge.queue.enqueue('b', graphOf('infer'), [of('key', 'm'), of('key', 'm')]);
  start({ settings: { profile, cache_entries: 0 } });
  await edge.until(() => edge.queue.isDone);
  const files = readdirSync(profile).sort();
  const parsed = files.map((file) => JSON.parse(readFileSync(path.join(profile, file), 'utf8')) as unknown);
  rmSync(profile, { recursive: true });
  const trace = (item_id: number) =>
    expect.stringMatching(new RegExp(`^session-${item_id}\\.1\\.[0-9a-f]{12}_.*\\.json$`));
  expect(files).toEqual([trace(1), 'session-1.1.cpuprofile', trace(2), 'session-2.1.cpuprofile']);
  for (const document of parsed)
    expect(JSON.stringify(document)).toContain(
      Array.isArray(document) ? '"op_name":"MatMul"' : '"functionName":"fibonacci"',
    );
});

describe('traces', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const PARENT = '00f067aa0ba902b7';
  let collector: TraceCollector;
  let tracing: Tracing;

  beforeEach(async () => {
    collector = await new TraceCollector().open();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const parts = { env: process.env, queue_id: 'default', runner_id: 'r', name: 'test', now: Date.now };
    const opened = await openTracing({ ...parts, log: makeLog('text', 'error') });
    if (!opened) throw new Error('nothing is traced');
    tracing = opened;
    edge.queue.traceparent = `00-${TRACE}-${PARENT}-01`;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await collector.close();
  });

  test('show a session with its nodes, what they load and store, and what failed', async () => {
    storeModel();
    edge.queue.enqueue('b', graphOf('infer'), [of('key', 'm')]);
    edge.queue.enqueue('c', graphOf('write'), [of('text', 'text')]);
    edge.queue.enqueue('d', graphOf('fail'), [[]]);
    edge.queue.enqueue('e', graphOf('die'), [[]]);
    start({ spans: tracing.spans });
    await edge.until(() => edge.queue.isDone);
    await tracing.close();
    expect(new Set(collector.spans.map((span) => span.trace_id))).toEqual(new Set([TRACE]));
    const sessions = collector.named('session');
    expect(new Set(sessions.map((span) => span.parent_id))).toEqual(new Set([PARENT]));
    const child = (name: string, of: string) => {
      const parent = collector.spans.find((span) => span.span_id === collector.named(name)[0]?.parent_id);
      expect(parent?.name).toBe(of);
      expect(collector.named(name)[0]?.from).toBeGreaterThanOrEqual(parent?.from ?? 0n);
    };
    child('model_load', 'invocation infer');
    child('upload', 'invocation write');
    for (const type of ['infer', 'write', 'fail', 'die']) child(`invocation ${type}`, 'session');
    expect(collector.named('invocation fail')[0]?.error).toBe('it did not work');
    const failures = sessions.flatMap(({ error, attributes }) =>
      error ? [[attributes['switchyard.batch_id'], error]] : [],
    );
    expect(failures).toEqual([
      ['d', 'it did not work'],
      ['e', expect.stringContaining('SIGKILL')],
    ]);
  });
});
