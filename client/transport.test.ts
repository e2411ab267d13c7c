import { expect, onTestFinished, test, vi } from 'vitest';
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

test('a key that cannot be one is refused at once, and not told to whoever reads the error', async () => {
  const fetch = vi.fn(async (_: unknown, init?: RequestInit) =>
    Response.json(new Headers(init?.headers).get('authorization')),
  );
  const call = async (key: string) => new Transport({ url: 'http://127.0.0.1:1', key, fetch }).json('GET', '/x');
  expect(await call('sy_key\r\n')).toBe('Bearer sy_key');
  for (const key of ['sy_key\nsy_other', 'sy_kéy', 'sy_key sy_other']) {
    const error = await call(key).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'SwitchyardError' });
    expect(String(error)).not.toContain('sy_k');
  }
  expect(fetch).toHaveBeenCalledTimes(1);
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

test('what an answer asks to wait is waited, as seconds or as a date', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-21T05:00:00.000Z') });
  onTestFinished(() => void vi.useRealTimers());
  for (const [header, pause] of [
    ['2', 2_000],
    ['Sat, 21 Nov 2026 05:00:03 GMT', 3_000],
  ] as const) {
    vi.setSystemTime(Date.parse('2026-11-21T05:00:00.000Z'));
    const later = () =>
      Response.json(problem('rate_limited', 'no'), { status: 429, headers: { 'retry-after': header } });
    const { transport, asked } = scripted(later, ok(5));
    const answer = transport.json('POST', '/x');
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await answer).toBe(5);
  }
});

test('a call that creates names itself, and goes out again under the same name', async () => {
  const { transport, asked } = scripted(unreachable, refused('idempotency_in_progress'), ok(5));
  const body = { a: 1 };
  const why: unknown[] = [];
  const answer = transport.json('POST', '/x', { json: body, creates: true, onRepeat: (error) => why.push(error) });
  body.a = 2;
  expect(await answer).toBe(5);
  const sent = asked.map(({ init }) => [new Headers(init?.headers).get('idempotency-key'), init?.body]);
  expect(sent[0]?.[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(sent).toEqual(Array(3).fill([sent[0]?.[0], '{"a":1}']));
  expect(why).toMatchObject([{ name: 'ConnectionError' }, { code: 'idempotency_in_progress' }]);
  const other = scripted(ok(1));
  await other.transport.json('POST', '/x', { creates: true });
  expect(new Headers(other.asked[0]?.init?.headers).get('idempotency-key')).not.toBe(sent[0]?.[0]);
});

test('what a lost call removed is removed, and what was never there is not found', async () => {
  await scripted(unreachable, refused('not_found')).transport.remove('/x');
  await scripted(refused('internal'), refused('not_found')).transport.remove('/x');
  await expect(scripted(refused('not_found')).transport.remove('/x')).rejects.toMatchObject({ code: 'not_found' });
  const turnedAway = scripted(refused('unavailable'), refused('not_found')).transport.remove('/x');
  await expect(turnedAway).rejects.toMatchObject({ code: 'not_found' });
});

test('an answer is read once, whatever it is', async () => {
  for (const make of [ok(5), refused('conflict'), () => new Response('<html>', { status: 400 })]) {
    let reads = 0;
    const counted = () => {
      const response = make();
      const text = response.text.bind(response);
      return Object.assign(response, {
        text: () => {
          reads++;
          return text();
        },
      });
    };
    await scripted(counted)
      .transport.json('GET', '/x')
      .catch(() => {});
    expect(reads).toBe(1);
  }
});

test('an abort while the answer is read is the reason of the signal, and is not tried again', async () => {
  const stop = new AbortController();
  const hanging = () => new Response(new ReadableStream({ pull: (controller) => void failOn(stop, controller) }));
  const { transport, asked } = scripted(hanging);
  const answer = transport.json('GET', '/x', { signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 0);
  await expect(answer).rejects.toThrow('enough');
  expect(asked).toHaveLength(1);
});

const failOn = ({ signal }: AbortController, controller: ReadableStreamDefaultController) =>
  new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => {
      controller.error(new TypeError('terminated'));
      resolve();
    }),
  );
