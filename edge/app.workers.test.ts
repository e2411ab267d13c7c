import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import type { Problem } from '../contract/error/problem.ts';
import { createApp } from './app.ts';

async function failing(error: Error): Promise<{ response: Response; problem: Problem; logged: string[] }> {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const app = createApp();
  app.get('/failing', () => {
    throw error;
  });
  const response = await app.fetch(new Request('https://switchyard.test/failing'), env);
  const logged = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  return { response, problem: await response.json(), logged };
}

test('an error of our own is logged once, under the id that is all the caller learns', async () => {
  const { response, problem, logged } = await failing(new Error('the secret is 1234'));
  expect(response.status).toBe(500);
  expect(problem).toMatchObject({ code: 'internal', status: 500 });
  expect(JSON.stringify(problem)).not.toContain('1234');
  expect(logged).toHaveLength(1);
  const line = JSON.parse(logged[0] ?? '');
  expect(line).toMatchObject({ level: 'error', method: 'GET', path: '/failing' });
  expect(problem.instance).toBe(`urn:switchyard:request:${line.request_id}`);
  expect(line.error).toContain('1234');
});

test('what passes by itself is a 503 that says when to come again', async () => {
  const { response, problem } = await failing(Object.assign(new Error('moved'), { retryable: true }));
  expect([response.status, response.headers.get('retry-after'), problem.code]).toEqual([503, '1', 'unavailable']);
});
