import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import type { Problem } from '../contract/error/problem.ts';
import { createApp } from './app.ts';
import { caller } from './testing/account.ts';

interface Failed {
  response: Response;
  problem: Problem;
  logged: number;
  /** What was logged first. */
  line: Record<string, string>;
}

async function failing(error: Error, headers: Record<string, string> = {}): Promise<Failed> {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const app = createApp();
  app.get('/failing', () => {
    throw error;
  });
  const response = await app.fetch(new Request('https://switchyard.test/failing', { headers }), env);
  const logged = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  return { response, problem: await response.json(), logged: logged.length, line: JSON.parse(logged[0] ?? '') };
}

test('an error of our own is logged once, under the id that is all the caller learns', async () => {
  const { response, problem, logged, line } = await failing(new Error('the secret is 1234'));
  expect(response.status).toBe(500);
  expect(problem).toMatchObject({ code: 'internal', status: 500 });
  expect(JSON.stringify(problem)).not.toContain('1234');
  expect(logged).toBe(1);
  expect(line).toMatchObject({ level: 'error', method: 'GET', path: '/failing' });
  expect(problem.instance).toBe(`urn:switchyard:request:${line.request_id}`);
  expect(line.error).toContain('1234');
});

test('what passes by itself is a 503 that says when to come again', async () => {
  const { response, problem } = await failing(Object.assign(new Error('moved'), { retryable: true }));
  expect([response.status, response.headers.get('retry-after'), problem.code]).toEqual([503, '1', 'unavailable']);
});

test('an error is logged with its trace: the one that the caller is in', async () => {
  const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';
  const { line } = await failing(new Error('x'), { traceparent: `00-${trace_id}-00f067aa0ba902b7-01` });
  expect(line).toMatchObject({ trace_id, parent_id: '00f067aa0ba902b7', span_id: expect.stringMatching(/^\w{16}$/) });
});

test('a trace begins here where the caller has none', async () => {
  const lines = [await failing(new Error('x')), await failing(new Error('x'), { traceparent: 'nonsense' })];
  const ids = lines.map(({ line }) => line.trace_id);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(2);
});

test('every answer names its request', async () => {
  const responses = await Promise.all(
    ['/health', '/nowhere', '/api/v1/queues'].map((path) => caller(null)('GET', path)),
  );
  expect(responses.map((each) => each.status)).toEqual([200, 404, 401]);
  const ids = responses.map((each) => each.headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(3);
  for (const [index, response] of responses.slice(1).entries())
    expect((await response.json<Problem>()).instance).toBe(`urn:switchyard:request:${ids[index + 1]}`);
});
