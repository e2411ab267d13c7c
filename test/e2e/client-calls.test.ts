/** Every call of the SDK against a real edge, held against the document that this edge gives of itself. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClient } from '../../client/client.ts';
import { ConnectionError, ProblemError } from '../../client/errors.ts';
import type { ModelSource } from '../../client/models.ts';
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../client/problems.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import { ROOT } from './support/command.ts';
import { startEdge } from './support/local-edge.ts';
import { ProtocolRunner } from './support/protocol-runner.ts';
import { type OpenApi, operationsForClients, RecordedCalls } from './support/recorded-calls.ts';

const PATIENCE_MS = 60_000;

let system: LocalSystem;
let calls: RecordedCalls;

beforeAll(async () => {
  system = await startEdge();
  calls = new RecordedCalls(system, { tickets: true });
}, PATIENCE_MS);
afterAll(() => system?.kill(), PATIENCE_MS);

const graph = { nodes: { sum: { type: 'add', a: 1, b: 2 } } };

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

test('keys, queues and what the service says of itself', async () => {
  const { client } = calls;
  expect(await client.health()).toMatchObject({ status: 'ok' });
  expect(await client.asyncapi()).toMatchObject({ asyncapi: '3.0.0' });
  const made = await client.keys.create({ name: 'reader', scopes: ['read'], user_id: 'reader' });
  expect((await client.keys.list()).map((key) => key.key_id)).toContain(made.key_id);
  expect(await client.keys.current()).toMatchObject({ user_id: 'system' });
  const rotated = await client.keys.rotate(made.key_id, { grace_seconds: 0 });
  expect(await client.keys.revoke(rotated.key_id)).toMatchObject({ revoked_at: expect.any(String) });
  expect((await all(client.audit())).map((entry) => entry.operation_id)).toContain('revoke_key');

  const { queues } = client;
  await queues.create({ queue_id: 'own', settings: { max_attempts: 2 } });
  await expect(queues.create({ queue_id: 'own' })).rejects.toThrow(ConflictError);
  expect(await queues.update('own', { max_attempts: 4 })).toMatchObject({ settings: { max_attempts: 4 } });
  expect(await queues.get('own')).toMatchObject({ settings: { max_attempts: 4 } });
  expect((await queues.list()).map((queue) => queue.queue_id)).toEqual(expect.arrayContaining(['default', 'own']));
  const cache = client.queue('own').invocationCache;
  expect(await cache.disable()).toMatchObject({ enabled: false });
  expect(await cache.enable()).toMatchObject({ enabled: true });
  expect(await cache.clear()).toMatchObject({ size: 0 });
  expect(await cache.status()).toMatchObject({ enabled: true });
  await client.queue('own').enqueueGraph({ graph });
  await expect(queues.delete('own')).rejects.toThrow(ConflictError);
  await queues.delete('own', { force: true });
  await expect(queues.get('own')).rejects.toThrow(NotFoundError);
});

test('refusals are of their classes', async () => {
  const { client } = calls;
  const stranger = await client.keys.create({ name: 'stranger', scopes: ['read'], user_id: 'stranger' });
  const queue = createClient({ url: system.url, key: stranger.key }).queue();
  await expect(queue.enqueueGraph({ graph })).rejects.toThrow(ForbiddenError);
  const wrong = client.queue().enqueueGraph({ graph: { nodes: { sum: { type: 'add', a: 'one', c: 2 } } } });
  const refusal = await wrong.catch((error: unknown) => error as ValidationError);
  expect(refusal).toBeInstanceOf(ValidationError);
  expect((refusal as ValidationError).below('/graph/nodes/sum').length).toBeGreaterThan(1);
  await expect(createClient({ url: system.url, key: 'sy_none' }).keys.current()).rejects.toMatchObject({
    name: 'AuthenticationError',
  });
  await expect(createClient({ url: 'http://127.0.0.1:9', key: 'k', retries: 0 }).health()).rejects.toThrow(
    ConnectionError,
  );
});

test('what waits in a queue is looked at, ordered, canceled, retried and removed', async () => {
  const { client } = calls;
  await client.queues.create({ queue_id: 'work' });
  const queue = client.queue('work');
  const runner = new ProtocolRunner({ url: system.url, key: system.runner_key, queue: 'work' });
  await runner.register({});
  const { item_ids, batch_id } = await queue.enqueueBatch({ batch: { graph, runs: 6, destination: 'here' } });
  const [first = 0, second = 0, third = 0] = item_ids;
  const single = await queue.enqueueGraph({ graph, priority: -1 });

  expect(await queue.status()).toMatchObject({ queue: { pending: 7 } });
  expect(await queue.batchStatus(batch_id)).toMatchObject({ pending: 6 });
  expect(await queue.countsByDestination('here')).toMatchObject({ pending: 6 });
  expect((await queue.list({ batch_id, limit: 2, status: 'pending' })).items).toHaveLength(2);
  expect((await all(queue.items({ limit: 3, order_dir: 'DESC' }))).map((item) => item.item_id)).toEqual(
    [...item_ids, single.item_id].reverse(),
  );
  expect(await all(queue.listAll({ destination: 'here' }))).toHaveLength(6);
  expect((await all(queue.itemsByIds([second, 999, first]))).map((item) => item.item_id)).toEqual([second, first]);
  const many = Array.from({ length: 1_500 }, (_, index) => index + 1);
  expect(await all(queue.summariesByIds(many))).toHaveLength(7);
  expect(await queue.itemIds({ order_dir: 'DESC' })).toMatchObject({ total_count: 7 });
  expect(await queue.item(first, { wait: 0 })).toMatchObject({ item_id: first, status: 'pending' });
  expect(await queue.current()).toBeNull();
  expect(await queue.next()).toMatchObject({ item_id: first });
  expect(await queue.position(second)).toMatchObject({ position: 1 });
  expect(await queue.outputs(first)).toMatchObject({ status: 'pending', outputs: [] });
  expect(await all(queue.invocations(first))).toEqual([]);
  expect(await queue.stats(first)).toMatchObject({ runs: [] });
  expect(await queue.logs(first)).toMatchObject({ lines: [] });
  expect(await queue.logText(first)).toBe('');
  expect(await queue.capacity()).toMatchObject({ total: { pending: 7 } });
  expect(await queue.metrics()).toContain('# TYPE');
  const [view] = await queue.runners();
  await queue.drainRunner(view?.runner_id ?? '');

  expect(await queue.pause()).toMatchObject({ is_started: false });
  expect(await queue.resume()).toMatchObject({ is_started: true });
  expect(await queue.setPriority(second, 4)).toMatchObject({ priority: 4 });
  expect(await queue.move(first, { before: second })).toMatchObject({ priority: 4 });
  expect(await queue.cancel(first)).toMatchObject({ status: 'canceled' });
  expect(await queue.wait(first)).toMatchObject({ item_id: first, status: 'canceled' });
  const { new_item_ids } = await queue.retry([first]);
  expect(new_item_ids).toHaveLength(1);
  await queue.delete(third);
  await expect(queue.delete(third)).rejects.toThrow(NotFoundError);
  expect(await queue.cancelByBatchIds([batch_id])).toEqual({ canceled: 5 });
  expect(await queue.cancelByDestination('here')).toEqual({ canceled: 0 });
  expect(await queue.deleteByDestination('here')).toEqual({ deleted: 6 });
  expect(await queue.cancelAllExceptCurrent()).toEqual({ canceled: 1 });
  expect(await queue.prune()).toEqual({ deleted: 1 });
  await queue.enqueueGraph({ graph });
  expect(await queue.deleteAllExceptCurrent()).toEqual({ deleted: 1 });
  expect(await queue.cancelAll()).toEqual({ canceled: 0 });
  expect(await queue.clear()).toEqual({ deleted: 0 });

  for await (const frame of queue.events({ item_id: first, after: 0 })) if (frame.name === 'live') break;
});

test('the catalogue, and what an admin decides of nodes that runners bring', async () => {
  const { catalogue } = calls.client;
  expect((await catalogue.get()).node_types).toHaveProperty('add');
  expect(await catalogue.schema()).toHaveProperty('$schema');
  expect(await all(catalogue.customNodes('pending'))).toEqual([]);
  const nothing = { type: 'acme:none', version: '1.0.0', digest: '0'.repeat(64) };
  await expect(catalogue.approve(nothing)).rejects.toThrow(NotFoundError);
  await expect(catalogue.reject(nothing)).rejects.toThrow(NotFoundError);
});

describe('assets', () => {
  const photo = () => new Uint8Array(readFileSync(path.join(ROOT, 'test/support/photos/chelsea.png')));

  test('go up under their digest, come down whole, and are not there for others', async () => {
    const { client } = calls;
    const bytes = new TextEncoder().encode('an asset');
    const asset = await client.assets.upload(bytes, 'text/plain');
    expect(asset).toMatchObject({ size: 8, asset_name: createHash('sha256').update(bytes).digest('hex') });
    expect(await client.assets.download(asset.asset_name)).toMatchObject({ bytes });
    const stranger = await client.keys.create({ name: 'other', scopes: ['read'], user_id: 'other' });
    const refused = createClient({ url: system.url, key: stranger.key }).assets.download(asset.asset_name);
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
    await expect(refused).rejects.toThrow(ProblemError);
  });

  test('tell how far they are, both ways, with the length declared', async () => {
    const { assets } = calls.client;
    const bytes = new Uint8Array(randomBytes(3_000_000));
    for (const body of [bytes, new Blob([bytes])]) {
      const sent: number[] = [];
      const onProgress = (done: number, total: number) => {
        expect(total).toBe(bytes.length);
        sent.push(done);
      };
      const { asset_name } = await assets.upload(body, 'application/octet-stream', { onProgress });
      expect(sent).toEqual([...sent].sort((a, b) => a - b));
      expect([sent[0], sent.at(-1), sent.length > 10]).toEqual([0, bytes.length, true]);
      const received: [number, number | null][] = [];
      const down = await assets.download(asset_name, { onProgress: (...told) => received.push(told) });
      expect(Buffer.from(down.bytes).equals(bytes)).toBe(true);
      expect([received[0], received.at(-1)]).toEqual([
        [0, bytes.length],
        [bytes.length, bytes.length],
      ]);
    }
    const stop = new AbortController();
    const onProgress = (done: number) => done > 0 && stop.abort(new Error('enough'));
    await expect(assets.upload(bytes, 'image/png', { onProgress, signal: stop.signal })).rejects.toThrow('enough');
    const mine = () => {
      throw new RangeError('mine');
    };
    await expect(assets.upload(bytes, 'image/png', { onProgress: mine })).rejects.toThrow(RangeError);
  });

  test('have previews, and are named by the service where there are no digests', async () => {
    const { assets } = calls.client;
    const small = photo();
    const subtle = vi.spyOn(crypto, 'subtle', 'get').mockReturnValue(undefined as never);
    const { asset_name } = await assets.upload(small, 'image/png').finally(() => subtle.mockRestore());
    expect(asset_name).toBe(createHash('sha256').update(small).digest('hex'));
    expect(await assets.preview(asset_name)).toMatchObject({ content_type: 'image/png' });
  });
});

test('a model that is too large for one request goes up in parts, and goes on where it broke off', async () => {
  const { client } = calls;
  const bytes = randomBytes(45 * 1024 * 1024);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const read: number[] = [];
  let breaksAt = 2;
  const file: ModelSource = {
    path: 'model.onnx',
    sha256,
    size: bytes.length,
    read: async (start, end) => {
      if (--breaksAt < 0) throw new Error('the disk went away');
      read.push(start);
      return new Blob([bytes.subarray(start, end)]);
    },
  };
  const note = Buffer.from('a note');
  const small: ModelSource = {
    path: 'note.txt',
    sha256: createHash('sha256').update(note).digest('hex'),
    size: note.length,
    read: async () => new Blob([note]),
  };
  const progress: number[] = [];
  const publish = () =>
    client.models.publish({
      key: 'large',
      type: 'onnx',
      files: [file, small],
      onProgress: (done) => progress.push(done),
    });
  await expect(publish()).rejects.toThrow('the disk went away');
  expect(await client.models.get('large')).toMatchObject({ status: 'uploading', missing: [sha256, small.sha256] });
  expect(read).toHaveLength(2);

  breaksAt = 100;
  const { hash, ...model } = await publish();
  expect(model).toMatchObject({ status: 'ready', missing: [] });
  expect(read).toEqual([...new Set(read)]);
  expect(progress.at(-1)).toBe(bytes.length + note.length);
  const reads = read.length;
  await publish();
  expect(read).toHaveLength(reads);
  expect(Buffer.concat(await all(client.models.file('large', small.sha256))).equals(note)).toBe(true);
  expect((await client.models.list()).map(({ key }) => key)).toContain('large');
  await client.models.remove('large', { hash });
  await expect(client.models.get('large')).rejects.toThrow(NotFoundError);
});

test('every operation of the document that is no runner’s has a call, and every call is in the document', async () => {
  const openapi = (await calls.client.openapi()) as OpenApi;
  const { called, faults } = calls.compare(openapi);
  expect(faults).toEqual([]);
  expect(operationsForClients(openapi).filter((operation) => !called.has(operation))).toEqual([]);
});

test('the comparison sees an operation without a call, a call without an operation, and a body that does not fit', async () => {
  const openapi = structuredClone(await calls.client.openapi()) as OpenApi;
  const { '/health': health, ...paths } = openapi.paths;
  const get = health?.get;
  if (!get) throw new Error('the document has no /health');
  openapi.paths = { ...paths, '/api/v1/novelty': { get: { ...get, operationId: 'get_novelty' } } };
  const schemas = (openapi.components as { schemas: Record<string, Record<string, unknown>> }).schemas;
  schemas.SetPriorityBody = { type: 'object', required: ['importance'] };
  schemas.ItemPosition = { type: 'array' };
  const { called, faults } = calls.compare(openapi, /^\/health$|\/(priority|position)$/);
  expect(called).toEqual(new Set(['get_item_position', 'set_item_priority']));
  expect(operationsForClients(openapi)).toContain('get_novelty');
  expect(faults).toEqual([
    'GET /health is not in the document',
    expect.stringMatching('get_item_position: answer: .*must be array'),
    expect.stringMatching("set_item_priority: body: .*must have required property 'importance'"),
  ]);
});
