import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { TraceCollector } from '../support/trace-collector.ts';
import { Command, ROOT } from './support/command.ts';
import { localEdge } from './support/local-edge.ts';

const PATIENCE_MS = 60_000;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const API = '/api/v1/queue/default';

test('a session is a part of its caller’s trace, and its image has a preview, when its runner has ended', {
  timeout: PATIENCE_MS,
}, async () => {
  const collector = await new TraceCollector().open();
  onTestFinished(() => collector.close());
  const { url, key, runner_key } = await localEdge();
  const flags = ['--url', url, '--key', runner_key, '--device', 'cpu'];
  const main = path.join(ROOT, 'gpu-runner/main.ts');
  const runner = new Command(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...flags], {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const graph = { nodes: { square: { id: 'square', type: 'blank_image', width: 600, height: 400 } } };
  const enqueued = await fetch(`${url}${API}/enqueue_graph`, {
    ...{ method: 'POST', body: JSON.stringify({ graph }) },
    headers: { ...headers, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
  });
  expect(enqueued.status).toBe(201);
  const answer = await fetch(`${url}${API}/i/1/outputs?wait=30`, { headers });
  const name = /"image_name":"([0-9a-f]{64})"/.exec(await answer.text())?.[1] ?? '';
  runner.kill('SIGTERM');
  expect((await runner.ended).code).toBe(0);

  const client = createClient({ url, key });
  const preview = await client.assets.preview(name);
  const { width, height, format } = await sharp(preview.bytes).metadata();
  expect([preview.content_type, format, width, height]).toEqual(['image/webp', 'webp', 256, 171]);
  expect((await sharp((await client.assets.download(name)).bytes).metadata()).width).toBe(600);

  const [session] = collector.named('session');
  expect(session).toMatchObject({ trace_id: TRACE, attributes: { 'switchyard.outcome': 'completed' } });
  // The call's own span, which the edge made, lies between the caller's and the session's.
  expect(session?.parent_id).not.toBe('00f067aa0ba902b7');
  expect(collector.named('invocation blank_image')).toMatchObject([{ trace_id: TRACE, parent_id: session?.span_id }]);
  expect(collector.named('upload')).toHaveLength(1);
});
