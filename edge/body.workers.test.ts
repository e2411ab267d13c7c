import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../contract/error/problem.ts';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../contract/limits.ts';
import { type Call, caller, makeKey, migrateAccount } from './testing/account.ts';

let call: Call;
beforeAll(async () => {
  await migrateAccount();
  call = caller(await makeKey());
});

const send = (body: BodyInit, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  call('POST', '/api/v1/queues', { body, headers });

async function refusal(response: Response, status: number): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem: Problem = await response.json();
  expect([response.status, problem.status]).toEqual([status, status]);
  return problem;
}

/** A body of unknown length: `chunks` times a mebibyte. */
const mebibytes = (chunks: number): ReadableStream => {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      if (left-- === 0) controller.close();
      else controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
    },
  });
};

describe('a JSON body is refused', () => {
  test('with another content type, or none', async () => {
    expect(await refusal(await send('{}', { 'content-type': 'text/plain' }), 415)).toMatchObject({
      code: 'unsupported_media_type',
    });
    await refusal(await send(new Uint8Array(2), {}), 415);
  });

  test('when it is not JSON, or not UTF-8', async () => {
    for (const body of ['', '{', '{"a":1,}', Uint8Array.of(0x22, 0xff, 0x22)])
      expect(await refusal(await send(body), 400)).toMatchObject({ code: 'malformed_json' });
  });

  test('over the limit, by its declared length or while it arrives', async () => {
    const declared = { 'content-type': 'application/json', 'content-length': String(BODY_BYTES_MAX + 1) };
    expect(await refusal(await send('{}', declared), 413)).toMatchObject({
      code: 'body_too_large',
      limit: BODY_BYTES_MAX,
    });
    await refusal(await send(mebibytes(17)), 413);
    const lying = { 'content-type': 'application/json', 'content-length': '2' };
    await refusal(await send(mebibytes(17), lying), 413);
  });

  test('when it is nested too deep, however deep', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const { errors } = await refusal(await send(nested(JSON_DEPTH_MAX + 1)), 422);
    expect(errors).toMatchObject([{ code: 'too_deep', pointer: '/a'.repeat(JSON_DEPTH_MAX) }]);
    await refusal(await send('['.repeat(1_000_000) + ']'.repeat(1_000_000)), 422);
  });

  test('when a key would reach a prototype', async () => {
    const { errors } = await refusal(await send('{"queue_id":"q","settings":{"__proto__":{"max_attempts":1}}}'), 422);
    expect(errors).toMatchObject([{ code: 'forbidden_key', pointer: '/settings/__proto__' }]);
    expect(Object.prototype).not.toHaveProperty('max_attempts');
  });

  test('with every fault at its place', async () => {
    const { errors } = await refusal(await send('{"settings":{"max_attempts":"3","max_queue_size":0},"x/y":1}'), 422);
    expect(errors?.map(({ pointer, code }) => [pointer, code]).sort()).toEqual([
      ['/queue_id', 'missing'],
      ['/settings/max_attempts', 'invalid_type'],
      ['/settings/max_queue_size', 'invalid_value'],
      ['/x~1y', 'unknown_field'],
    ]);
  });

  test('when a million things are wrong with it, by the first of them', async () => {
    const enqueue = async (batch: string) => {
      const body = `{"batch":{"graph":{"nodes":{"n":{"type":"integer"}}},${batch}}}`;
      const headers = { 'content-type': 'application/json' };
      return refusal(await call('POST', '/api/v1/queue/default/enqueue_batch', { body, headers }), 422);
    };
    const many = (text: string, count: number) => `[${`${text},`.repeat(count - 1)}${text}]`;
    const items = (list: string) => `"data":[[{"node_path":"n","field_name":"value","items":${list}}]]`;
    const { errors } = await enqueue(items(many('null', 1_000_000)));
    expect(errors).toHaveLength(100);
    expect(errors?.[99]).toMatchObject({ pointer: '/batch/data/0/0/items/99', code: 'invalid_value' });
    expect((await enqueue(items(`[${many('null', 3_000_000)}]`))).errors).toHaveLength(1);
    expect((await enqueue(`"data":[${many('{}', 80_000)}]`)).errors).toHaveLength(1);
    expect((await enqueue(`"data":[${many('{}', 3_000_000)}]`)).errors).toHaveLength(1);
    expect((await enqueue(`"workflow":{"a":${many('{"__proto__":1}', 500_000)}}`)).errors).toHaveLength(100);
    const keys = Array.from({ length: 20_001 }, (_, key) => `"${key}":1`).join(',');
    expect(await enqueue(`"workflow":{"a":{${keys}}}`)).toMatchObject({
      errors: [{ pointer: '/batch/workflow/a', code: 'too_large' }],
    });
  });
});
