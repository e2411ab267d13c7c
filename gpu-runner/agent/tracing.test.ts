import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { TraceCollector } from '../../test/support/trace-collector.ts';
import { type EntryBody, entryJson } from '../device/entry.ts';
import { makeLog } from './log.ts';
import { openTracing, type Tracing } from './tracing.ts';
import { tracingSettings } from './tracing-settings.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const AT = Date.parse('2026-01-01T00:00:00.000Z');

describe('traces are', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  test.each([
    {},
    { OTEL_TRACES_EXPORTER: '' },
    { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
    { ...endpoint, OTEL_SDK_DISABLED: 'true' },
  ])('not made with %o', (env) => expect(tracingSettings(env)).toBeNull());

  test.each([endpoint, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x/y' }, { OTEL_TRACES_EXPORTER: 'otlp' }])(
    'made with %o',
    (env) => expect(tracingSettings(env)).toEqual({ sampler: 'parentbased_always_on', ratio: 1, warnings: [] }),
  );

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /as http\/json, not as grpc/],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /by otlp only/],
    [{ OTEL_TRACES_SAMPLER: 'some' }, /some is none of always_on/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, /from 0 to 1, not 7/],
  ])('made with a warning with %o', (env, warning) =>
    expect(tracingSettings({ ...endpoint, ...env })?.warnings).toEqual([expect.stringMatching(warning)]),
  );
});

describe('the spans of a session', () => {
  let collector: TraceCollector;
  let tracing: Tracing;
  let now: number;
  beforeEach(async () => {
    now = AT;
    collector = await new TraceCollector().open();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'zone=here');
    const parts = { queue_id: 'default', runner_id: 'r', name: 'test', log: makeLog('text', 'error') };
    const opened = await openTracing({ ...parts, env: process.env, now: () => now });
    if (!opened) throw new Error('nothing is traced');
    tracing = opened;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await collector.close();
  });

  const graph = { nodes: [{ id: 'n0', type: 'add' }] } as unknown as PinnedGraph;
  const heldWith = (traceparent: string | null) => ({
    ticket: 1,
    grant: { item_id: 7, fence: 2, token: 't', session_id: 's', batch_id: 'b', traceparent } as Grant,
  });
  const held = heldWith(`00-${TRACE}-${PARENT}-01`);
  const say = (body: EntryBody, of = held) => tracing.spans.entry(of, body.kind, entryJson(of.grant, body), graph);
  const iso = (ms: number) => new Date(ms).toISOString();
  const error = { error_type: 'DeedError', error_message: 'it did not work' };

  const begin = (id = 'n0#1') => say({ kind: 'invocation_started', invocation_id: id, at: iso(now) });
  const done = { invocation_id: 'n0#1', started_at: iso(AT), completed_at: iso(AT), seconds: 0.5 };

  test('continue the trace of the call that enqueued it, and lie inside each other', async () => {
    say({ kind: 'session_started', device: 'cpu' });
    begin();
    now += 100;
    const model = { key: 'm', hash: 'h', type: 'onnx' };
    const load = { item_id: 7, fence: 2, token: 't', model, submodel_type: null };
    tracing.spans.report(JSON.stringify({ report: 'model_load_started', ...load }));
    now += 100;
    tracing.spans.report(JSON.stringify({ report: 'model_load_complete', ...load }));
    tracing.spans.uploadBegun(1, 'a1', 10);
    now += 300;
    say({ kind: 'invocation_complete', ...done, result: { type: 'integer_output', value: 1 }, cached: false });
    say({ kind: 'session_complete', results: 1 });
    now += 100;
    tracing.spans.uploadEnded('a1');
    await tracing.close();

    const [session, invocation, loading, upload] = ['session', 'invocation add', 'model_load', 'upload'].map(
      (name) => collector.named(name)[0],
    );
    expect(collector.spans).toHaveLength(4);
    expect(new Set(collector.spans.map((span) => span.trace_id))).toEqual(new Set([TRACE]));
    expect(session).toMatchObject({
      parent_id: PARENT,
      error: undefined,
      resource: { 'service.name': 'switchyard-runner', 'service.instance.id': 'r', zone: 'here' },
      attributes: {
        ...{ 'switchyard.item_id': 7, 'switchyard.session_id': 's', 'switchyard.batch_id': 'b' },
        ...{ 'switchyard.queue_id': 'default', 'switchyard.device': 'cpu', 'switchyard.outcome': 'completed' },
      },
    });
    expect(invocation).toMatchObject({
      parent_id: session?.span_id,
      attributes: { 'switchyard.invocation_id': 'n0#1', 'switchyard.node_type': 'add', 'switchyard.cached': false },
    });
    expect(loading).toMatchObject({ parent_id: invocation?.span_id, attributes: { 'switchyard.model_key': 'm' } });
    expect(upload).toMatchObject({ parent_id: invocation?.span_id, attributes: { 'switchyard.bytes': 10 } });
    const lasted = [session, invocation, loading, upload].map(
      (span) => Number((span?.to ?? 0n) - (span?.from ?? 0n)) / 1e6,
    );
    expect(lasted).toEqual([500, 500, 100, 400]);
  });

  test('say what failed', async () => {
    say({ kind: 'session_started', device: 'cpu' });
    begin();
    say({ kind: 'invocation_error', ...done, error });
    say({ kind: 'session_failed', results: 1, error });
    await tracing.close();
    for (const name of ['session', 'invocation add'])
      expect(collector.named(name)).toMatchObject([
        { error: 'it did not work', attributes: { 'error.type': 'DeedError' } },
      ]);
    expect(collector.named('session')[0]?.attributes['switchyard.outcome']).toBe('failed');
  });

  test('end with their lease, and with a device that died before it said anything', async () => {
    say({ kind: 'session_started', device: 'cpu' });
    begin();
    tracing.spans.lost(held);
    say({ kind: 'session_complete', results: 1 });
    say({ kind: 'session_failed', results: 0, error });
    await tracing.close();
    const outcomes = collector.named('session').map(({ attributes }) => attributes['switchyard.outcome']);
    expect(outcomes.sort()).toEqual(['failed', 'lost']);
    expect(collector.named('invocation add')).toHaveLength(1);
  });

  test('are a trace of their own when nobody began one, and none when the caller wants none', async () => {
    const ownTrace = heldWith(null);
    say({ kind: 'session_started', device: 'cpu' }, ownTrace);
    say({ kind: 'session_complete', results: 0 }, ownTrace);
    const unwanted = heldWith(`00-${TRACE}-${PARENT}-00`);
    say({ kind: 'session_started', device: 'cpu' }, unwanted);
    say({ kind: 'session_complete', results: 0 }, unwanted);
    await tracing.close();
    expect(collector.spans.map((span) => span.parent_id)).toEqual([undefined]);
  });

  test('are a thousand invocations at most', async () => {
    say({ kind: 'session_started', device: 'cpu' });
    for (let i = 0; i < 1_100; i++) {
      begin(`n0#${i}`);
      say({ kind: 'invocation_complete', ...done, invocation_id: `n0#${i}`, result: { type: 'x' }, cached: false });
    }
    say({ kind: 'session_complete', results: 1_100 });
    await tracing.close();
    expect(collector.named('invocation add')).toHaveLength(1_000);
    expect(collector.named('session')[0]?.attributes['switchyard.invocations']).toBe(1_100);
  });
});
