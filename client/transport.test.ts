import { expect, test } from 'vitest';
import { problem } from '../contract/error/problem.ts';
import { ConnectionError, ProblemError, UnexpectedAnswerError } from './errors.ts';
import { Transport } from './transport.ts';

type Step = () => Response;

/** A service that answers as the script says, and remembers what it was asked. */
function scripted(...script: Step[]) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const transport = new Transport({
    url: 'http://127.0.0.1:1/',
    key: 'sy_key',
    fetch: async (input, init) => {
      asked.push({ url: String(input), init });
      const step = script.shift();
      if (!step) throw new Error('asked more often than the script says');
      return step();
    },
  });
  return { transport, asked };
}

const ok = (body: unknown) => () => Response.json(body);
const refused = (code: Parameters<typeof problem>[0]) => () => {
  const document = problem(code, 'no');
  return Response.json(document, { status: document.status });
};
const unreachable = () => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
};

test('the key, the query and the body travel as they should', async () => {
  const { transport, asked } = scripted(ok({ fine: true }));
  const answer = await transport.json('POST', '/api/v1/x', { json: { a: 1 }, query: { after: 3, item_id: undefined } });
  expect(answer).toEqual({ fine: true });
  expect(asked[0]?.url).toBe('http://127.0.0.1:1/api/v1/x?after=3');
  expect(asked[0]?.init).toMatchObject({
    method: 'POST',
    body: '{"a":1}',
    headers: { authorization: 'Bearer sy_key', 'content-type': 'application/json' },
  });
});

test('a problem is an error with its code, and codes that forbid it are not retried', async () => {
  const { transport, asked } = scripted(refused('batch_exists'));
  const error = await transport.json('GET', '/x').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ code: 'batch_exists', status: 409, retry: 'never' });
  expect(asked).toHaveLength(1);
});

test('what may pass later is tried again', async () => {
  const { transport, asked } = scripted(refused('internal'), unreachable, ok(5));
  expect(await transport.json('GET', '/x')).toBe(5);
  expect(asked).toHaveLength(3);
});

const breaksOff = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"half":')),
      pull: (controller) => controller.error(new TypeError('terminated')),
    }),
  );

test('an answer that breaks off is none: it is asked for again where that changes nothing', async () => {
  const { transport, asked } = scripted(breaksOff, ok(5));
  expect(await transport.json('GET', '/x')).toBe(5);
  expect(asked).toHaveLength(2);
  const post = scripted(breaksOff).transport.json('POST', '/x', { json: {} });
  await expect(post).rejects.toThrow(ConnectionError);
});

test('a POST is not repeated when nobody knows whether it happened', async () => {
  const { transport, asked } = scripted(unreachable);
  await expect(transport.json('POST', '/x', { json: {} })).rejects.toThrow(ConnectionError);
  expect(asked).toHaveLength(1);
});

test('the reason of a failed connection is in the message', async () => {
  const { transport } = scripted(unreachable);
  await expect(transport.json('POST', '/x')).rejects.toThrow('ECONNREFUSED');
});

test('an error page of something between is not mistaken for ours', async () => {
  const { transport, asked } = scripted(() => new Response('<html>no such page', { status: 404 }));
  const error = await transport.json('GET', '/x').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnexpectedAnswerError);
  expect(error).toMatchObject({ status: 404 });
  expect(asked).toHaveLength(1);
});

test('a gateway that cannot reach the service is asked again, where that changes nothing', async () => {
  const badGateway = () => new Response('<html>bad gateway', { status: 502 });
  const { transport, asked } = scripted(badGateway, ok(5));
  expect(await transport.json('GET', '/x')).toBe(5);
  expect(asked).toHaveLength(2);
  await expect(scripted(badGateway).transport.json('POST', '/x', { json: {} })).rejects.toThrow(UnexpectedAnswerError);
});

test('an abort ends the wait between attempts', async () => {
  const { transport, asked } = scripted(refused('unavailable'));
  const stop = new AbortController();
  const answer = transport.json('GET', '/x', { signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 0);
  await expect(answer).rejects.toThrow('enough');
  expect(asked).toHaveLength(1);
});
