/**
 * What goes wrong between a model in the store and a model in memory: wrong bytes, a full disk, a file that onnxruntime
 * refuses. Each is the error of the node that asked for the model, says what it is, and the queue goes on.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { InvocationRecord } from '../../contract/queue/item.ts';
import { modelFiles } from '../../infra/local/model-folder.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import { CAN_SEE_PROCESSES, ROOT, scratch } from './support/command.ts';
import { EventLog } from './support/event-log.ts';
import { invocationsOf } from './support/invocations.ts';
import { makeQueue, startEdge } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

const PATIENCE_MS = 180_000;
const BLAZEFACE = path.join(ROOT, 'models/blazeface');
/** Less than any model has, and more than the runner's own files. */
const FILE_BYTES = 256 * 1024;
const MAY_MOUNT = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

let system: LocalSystem;

/** A model of one file, which goes to the store as it is. */
async function publish(key: string, bytes: Uint8Array): Promise<string> {
  const folder = scratch();
  writeFileSync(path.join(folder, 'model.onnx'), bytes);
  await createClient(system).models.publish({
    key,
    type: 'onnx',
    base: 'test',
    files: await modelFiles('onnx', folder),
  });
  return createHash('sha256').update(bytes).digest('hex');
}

/** A model of its own: bytes behind a model's end are a field that nobody knows. */
const likeBlazeface = (text: string): Uint8Array => {
  const unknown = Buffer.from(text);
  // Field 200, of bytes.
  return Buffer.concat([
    readFileSync(path.join(BLAZEFACE, 'model.onnx')),
    Buffer.from([0xc2, 0x0c, unknown.length]),
    unknown,
  ]);
};

/** The file in which the store keeps these bytes. */
function objectOf(sha256: string): string {
  const data = path.join(system.state, 'data');
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const found = files
    .map((entry) => path.join(entry.parentPath, entry.name))
    .find((file) => createHash('sha256').update(readFileSync(file)).digest('hex') === sha256);
  if (found === undefined) throw new Error(`nothing in ${data} has the digest ${sha256}`);
  return found;
}

class World {
  readonly agent: TestAgent;
  readonly #queue: QueueClient;
  readonly #log: EventLog;
  readonly #calls: string;

  private constructor(queue: QueueClient, log: EventLog, agent: TestAgent, calls: string) {
    this.#queue = queue;
    this.#log = log;
    this.agent = agent;
    this.#calls = calls;
    log.needs(agent);
  }

  static async of(name: string, { under = [], cache }: { under?: string[]; cache?: string } = {}): Promise<World> {
    const folder = scratch();
    const calls = path.join(folder, 'calls');
    const queue = await makeQueue(system, name, {});
    const log = await EventLog.of(queue);
    const options = { system, queue: name, cache: cache ?? path.join(folder, 'disk'), calls, under };
    return new World(queue, log, new TestAgent(options), calls);
  }

  /** Asks for the model in a node between two others; how that went. */
  async describe(key: string): Promise<{ status: string; error: InvocationRecord['error']; pid: number | undefined }> {
    const node = { use_cache: false };
    const nodes = {
      before: { ...node, type: 'integer', value: 1 },
      describe: { ...node, type: 'onnx_info', model: { key } },
    };
    const { item_id } = await this.#queue.enqueueGraph({ graph: { nodes } });
    await this.#log.hears('queue_item_status_changed', item_id, ({ status }) =>
      ['failed', 'completed'].includes(status),
    );
    const { status, error_message } = await this.#queue.item(item_id);
    const records = await invocationsOf(this.#queue, item_id);
    expect(records.map((record) => record.invocation_id)).toEqual(['before', 'describe']);
    const error = records[1]?.error ?? null;
    expect(error_message).toBe(error?.error_message ?? null);
    return { status, error, pid: nodeCalls(this.#calls).findLast((call) => call.item_id === item_id)?.pid };
  }

  async end(): Promise<void> {
    this.agent.kill('SIGTERM');
    expect((await this.agent.ended).code, this.agent.output()).toBe(0);
  }
}

describe.runIf(CAN_SEE_PROCESSES)('a model', { timeout: PATIENCE_MS }, () => {
  beforeAll(async () => {
    system = await startEdge();
  }, PATIENCE_MS);

  afterAll(() => system.kill(), PATIENCE_MS);

  test('with wrong bytes in the store is refused by name, and had once they are right', async () => {
    const file = objectOf(await publish('damaged', likeBlazeface('damaged')));
    const right = readFileSync(file);
    const wrong = Buffer.from(right);
    wrong[1_000] = (wrong[1_000] ?? 0) ^ 1;
    writeFileSync(file, wrong);
    const world = await World.of('damaged');
    const { status, error, pid } = await world.describe('damaged');
    expect(status).toBe('failed');
    expect(error?.error_type).toBe('ModelError');
    expect(error?.error_message).toMatch(
      /"model\.onnx" of the model "damaged" does not have the digest of its manifest/,
    );
    expect(await world.describe('blazeface')).toEqual({ status: 'completed', error: null, pid });
    writeFileSync(file, right);
    expect(await world.describe('damaged')).toEqual({ status: 'completed', error: null, pid });
    await world.end();
  });

  test('that onnxruntime refuses is named by its key, and its process goes on', async () => {
    await publish('nonsense', Buffer.from('this is no model'));
    const broken = readFileSync(path.join(BLAZEFACE, 'model.onnx'));
    await publish('cut-off', broken.subarray(0, broken.length / 2));
    const world = await World.of('refused');
    const { pid } = await world.describe('blazeface');
    for (const key of ['nonsense', 'cut-off']) {
      const { status, error, pid: same } = await world.describe(key);
      expect([status, same]).toEqual(['failed', pid]);
      expect(error?.error_message).toContain(`model '${key}'`);
    }
    expect(await world.describe('blazeface')).toEqual({ status: 'completed', error: null, pid });
    await world.end();
  });

  test('larger than a file may be is refused, and those that fit are had', async () => {
    const cache = path.join(scratch(), 'disk');
    const limited = ['sh', '-c', `ulimit -f ${FILE_BYTES / 512}; exec "$0" "$@"`];
    const world = await World.of('limited', { cache, under: limited });
    const { status, error, pid } = await world.describe('blazeface');
    expect(status).toBe('failed');
    expect(error?.error_type).toBe('ModelError');
    expect(error?.error_message).toMatch(/of the model "blazeface" cannot be written: .*EFBIG/);
    await publish('small', Buffer.from('small, and no model'));
    const small = await world.describe('small');
    expect(small.error?.error_message).toContain("model 'small'");
    expect(small.pid).toBe(pid);
    await world.end();
  });

  test.runIf(MAY_MOUNT)('that does not fit on the disk says so, and is had once there is room', async () => {
    const disk = path.join(scratch(), 'disk');
    mkdirSync(disk);
    const balloon = path.join(disk, 'balloon');
    // A mount of its own, which goes with the process.
    const script = `mount -t tmpfs -o size=1m tmpfs ${disk} && head -c 900000 /dev/zero > ${balloon} && exec "$0" "$@"`;
    const world = await World.of('full', { cache: disk, under: ['unshare', '-rm', 'sh', '-c', script] });
    const { status, error, pid } = await world.describe('blazeface');
    expect(status).toBe('failed');
    expect(error?.error_type).toBe('ModelError');
    expect(error?.error_message).toMatch(/of the model "blazeface" cannot be written: .*ENOSPC/);
    rmSync(`/proc/${world.agent.pid}/root/${balloon}`);
    expect(await world.describe('blazeface')).toEqual({ status: 'completed', error: null, pid });
    await world.end();
  });
});
