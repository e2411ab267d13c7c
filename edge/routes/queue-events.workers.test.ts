import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_BAD_MESSAGE, CLOSE_BEHIND, CLOSE_KEY_ENDED } from '../../contract/event/close-codes.ts';
import { MARK_EVERY_DOCUMENTS, REPLAY_MARKS_MAX } from '../../contract/event/stream.ts';
import { SOCKET_MESSAGE_BYTES_MAX } from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import { entries } from '../../test/support/queue-entries.ts';
import type { Attachment } from '../queue/socket-attachment.ts';
import { caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestQueue } from '../testing/queue.ts';
import type { Message, TestSocket } from '../testing/socket.ts';

beforeAll(migrateAccount);

const numbered = (messages: readonly Message[]) =>
  messages.filter((message) => message.sequence !== undefined && message.prev !== undefined);
const named = (socket: TestSocket, name: string) => socket.messages.filter((message) => message.name === name);
const closed = async (socket: TestSocket) => {
  await socket.until(() => socket.closed !== null);
  return socket.closed?.code;
};

function expectChain(messages: readonly Message[]): void {
  for (const [index, message] of messages.entries())
    if (index > 0) expect(message.prev).toBe(messages[index - 1]?.sequence);
}

/** Writes into the attachments of the queue's event sockets, as if time had passed. */
const age = (queue: TestQueue, change: (attachment: Attachment) => void) =>
  runInDurableObject(queue.stub, (_, state) => {
    for (const socket of state.getWebSockets()) {
      const attachment = JSON.parse(String(socket.deserializeAttachment())) as Attachment;
      change(attachment);
      socket.serializeAttachment(JSON.stringify(attachment));
    }
  });

describe('streams over hibernation', () => {
  test('keep their chain, whole or filtered, through evictions between all events', async () => {
    const queue = await TestQueue.create();
    const sockets = await Promise.all(['', '?item_id=2', '?batch_id=second'].map((query) => queue.events(query)));
    await queue.enqueue({ batch_id: 'first', runs: 2 });
    await evictDurableObject(queue.stub);
    await queue.enqueue({ batch_id: 'second', runs: 2 });
    await queue.register();
    for (const grant of await queue.claim(4)) {
      await evictDurableObject(queue.stub);
      await queue.post(entries(grant).started);
      await evictDurableObject(queue.stub);
      await queue.post(entries(grant).running, entries(grant).result, entries(grant).complete);
    }
    const counts = [2 + 1 + 4 * 4, 4, 1 + 2 * 4];
    for (const [index, socket] of sockets.entries()) {
      const messages = numbered(
        await socket.until(({ messages }) => numbered(messages).length >= (counts[index] ?? 0)),
      );
      expect(messages).toHaveLength(counts[index] ?? 0);
      expectChain(messages);
      socket.close();
    }
  });

  test('a replay in windows goes on after an eviction, and what happens meanwhile follows it', async () => {
    const queue = await TestQueue.create();
    const count = (MARK_EVERY_DOCUMENTS * REPLAY_MARKS_MAX) / 4;
    await queue.enqueue({ runs: count });
    await queue.register();
    for (let left = count; left > 0; ) {
      const grants = await queue.claim(250);
      left -= grants.length;
      await queue.post(...grants.flatMap((grant) => Object.values(entries(grant)).slice(0, 1)));
      if (grants.length === 0) break;
      await queue.post(...grants.map((grant) => entries(grant).error));
    }
    const socket = await queue.events('?after=0');
    await socket.until((one) => named(one, 'acknowledge').length === REPLAY_MARKS_MAX);
    expect(named(socket, 'live')).toEqual([]);
    await evictDurableObject(queue.stub);
    await queue.enqueue({ batch_id: 'meanwhile' });
    expect(named(socket, 'batch_enqueued')).toHaveLength(1);
    for (let answered = 0; named(socket, 'live').length === 0; ) {
      const marks = await socket.until(
        (one) => named(one, 'acknowledge').length > answered || named(one, 'live').length > 0,
      );
      await evictDurableObject(queue.stub);
      for (const { sequence } of marks.filter(({ name }) => name === 'acknowledge').slice(answered)) {
        socket.send({ ack: sequence });
        answered++;
      }
    }
    const messages = numbered(socket.messages);
    expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
    expectChain(messages);
    expect(messages.at(-1)).toMatchObject({ name: 'batch_enqueued', batch_id: 'meanwhile' });
    socket.close();
  });

  test('what stands in an attachment fits the platform’s 16 KiB many times', async () => {
    const queue = await TestQueue.create();
    const socket = await queue.events(`?batch_id=${'b'.repeat(128)}`);
    await runInDurableObject(queue.stub, (_, state) => {
      for (const each of state.getWebSockets()) expect(String(each.deserializeAttachment()).length).toBeLessThan(2_048);
    });
    socket.close();
  });
});

describe('a stream that is given up', () => {
  test('answers nothing while it is sent what it missed', async () => {
    const queue = await TestQueue.create();
    const socket = await queue.events();
    await socket.until((one) => named(one, 'live').length === 1);
    await age(queue, (attachment) => {
      if (attachment.kind === 'events') Object.assign(attachment.state, { live: false, stalled_at: Date.now() - 1 });
    });
    await evictDurableObject(queue.stub);
    expect(await runInDurableObject(queue.stub, (_, state) => state.storage.getAlarm())).not.toBeNull();
    await runDurableObjectAlarm(queue.stub);
    expect(await closed(socket)).toBe(CLOSE_BEHIND);
  });

  test('[R50] has more under way than any may', async () => {
    const queue = await TestQueue.create();
    const socket = await queue.events();
    await socket.until((one) => named(one, 'live').length === 1);
    await age(queue, (attachment) => {
      if (attachment.kind === 'events') attachment.state.flow.marks = [[1, 1, 100_000_000]];
    });
    await evictDurableObject(queue.stub);
    await queue.enqueue();
    expect(await closed(socket)).toBe(CLOSE_BEHIND);
    await queue.enqueue();
    expect(numbered(socket.messages)).toHaveLength(1);
  });

  test('belongs to a key that has expired: at the next event, or when the alarm rings [E158] [R51]', async () => {
    const queue = await TestQueue.create();
    const soon = timestamp(Date.now() + 3_600_000);
    const keys = await Promise.all([makeKey({ expires_at: soon }), makeKey({ expires_at: soon }), makeKey()]);
    const [first, second, other] = await Promise.all(keys.map((key) => queue.events('', key)));
    if (!first || !second || !other) throw new Error('no sockets');
    const expire = (nth: number) =>
      age(queue, (attachment) => {
        if (attachment.key.expires_at !== null && nth-- === 0) attachment.key.expires_at = Date.now() - 1;
      });
    await expire(0);
    await evictDurableObject(queue.stub);
    await queue.enqueue();
    const ended = await Promise.race([closed(first).then(() => first), closed(second).then(() => second)]);
    expect(ended.closed?.code).toBe(CLOSE_KEY_ENDED);
    expect(numbered(ended.messages)).toEqual([]);
    await expire(0);
    await evictDurableObject(queue.stub);
    await runDurableObjectAlarm(queue.stub);
    expect(await Promise.all([first, second].map(closed))).toEqual([CLOSE_KEY_ENDED, CLOSE_KEY_ENDED]);
    await other.until((one) => numbered(one.messages).length === 1);
    expect(other.closed).toBeNull();
    other.close();
  });
});

describe('a message that is no answer', () => {
  test.each<[string, string | ArrayBuffer]>([
    ['text', 'nonsense'],
    ['an empty text', ''],
    ['another document', '{"hello":1}'],
    ['an answer with more in it', '{"ack":1,"more":true}'],
    ['a negative number', '{"ack":-1}'],
    ['no whole number', '{"ack":1.5}'],
    ['a number past all numbers', '{"ack":1e999}'],
    ['a prototype', '{"__proto__":{"ack":1}}'],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['bytes', new TextEncoder().encode('{"ack":1}').buffer as ArrayBuffer],
    ['too much', `{"ack":1${' '.repeat(SOCKET_MESSAGE_BYTES_MAX)}}`],
  ])('closes the socket: %s', async (_, message) => {
    const queue = await TestQueue.create();
    const [hostile, other] = [await queue.events(), await queue.events()];
    hostile.send(message);
    expect(await closed(hostile)).toBe(CLOSE_BAD_MESSAGE);
    await queue.enqueue();
    await other.until((one) => numbered(one.messages).length === 1);
    other.close();
  });

  test('to a runner’s socket closes it too', async () => {
    const queue = await TestQueue.create();
    await queue.register();
    const socket = await queue.runnerSocket();
    socket.send({ report: 'progress', item_id: 'x' });
    expect(await closed(socket)).toBe(CLOSE_BAD_MESSAGE);
  });

  test('an answer for more than was sent does no harm', async () => {
    const queue = await TestQueue.create();
    const socket = await queue.events();
    socket.send({ ack: Number.MAX_SAFE_INTEGER });
    await queue.enqueue();
    await socket.until((one) => numbered(one.messages).length === 1);
    expect(socket.closed).toBeNull();
    socket.close();
  });
});

describe('progress', () => {
  async function running() {
    const queue = await TestQueue.create();
    await queue.enqueue({}, caller(await makeKey({ user_id: 'ann', scopes: ['enqueue'] })));
    await queue.register();
    const [grant] = await queue.claim(1);
    if (!grant) throw new Error('no grant');
    await queue.post({ ...entries(grant).started, device: 'cuda:1' }, entries(grant).running);
    const runner = await queue.runnerSocket();
    const ann = await queue.events('', await makeKey({ user_id: 'ann', scopes: ['read'] }));
    await runner.until(({ messages }) => messages.at(-1)?.watched === true);
    const { item_id, fence, token } = grant;
    const report = (percentage: number, over: object = {}) =>
      runner.send({
        report: 'progress',
        item_id,
        fence,
        token,
        invocation_id: 'n',
        message: '',
        percentage,
        image: null,
        ...over,
      });
    return { queue, grant, runner, ann, report };
  }

  test('[E151] [E161] goes to the owner alone, coalesced to the newest, and names the device', async () => {
    const { queue, grant, runner, ann, report } = await running();
    const admin = await queue.events();
    for (let step = 1; step <= 200; step++) report(step / 200);
    await ann.until((one) => named(one, 'invocation_progress').at(-1)?.percentage === 1);
    const seen = named(ann, 'invocation_progress');
    // The first at once, the last when its time had come, and some in between when the machine is slow.
    expect(seen[0]).toMatchObject({ percentage: 1 / 200, device: 'cuda:1', item_id: 1, invocation_id: 'n' });
    expect(seen.length).toBeLessThan(100);
    for (const message of seen) expect(message).not.toHaveProperty('sequence');
    await queue.post(entries(grant).result, entries(grant).complete);
    await admin.until((one) => named(one, 'queue_item_status_changed').length === 1);
    expect(named(admin, 'invocation_progress')).toEqual([]);
    for (const socket of [runner, ann, admin]) socket.close();
  });

  test('[R12] what waits is sent before the item’s next event, and what comes after its end is dropped', async () => {
    const { queue, grant, runner, ann, report } = await running();
    report(0.25);
    report(0.5);
    report(0.75);
    await ann.until((one) => named(one, 'invocation_progress').length > 0);
    await queue.post(entries(grant).result, entries(grant).complete);
    report(1);
    await queue.enqueue({ batch_id: 'after' });
    await ann.until((one) => named(one, 'batch_enqueued').length === 1);
    const names = ann.messages.map((message) => message.name);
    const last = names.lastIndexOf('invocation_progress');
    expect(last).toBeLessThan(names.indexOf('invocation_complete'));
    expect(named(ann, 'invocation_progress').some((message) => message.percentage === 1)).toBe(false);
    for (const socket of [runner, ann]) socket.close();
  });

  test('[E156] so does the loading of models, each report of it', async () => {
    const { queue, grant, runner, ann } = await running();
    const { item_id, fence, token } = grant;
    const admin = await queue.events();
    const model = { key: 'm', hash: 'h', type: 'unet' };
    for (const report of ['model_load_started', 'model_load_complete'])
      runner.send({ report, item_id, fence, token, model, submodel_type: null });
    await ann.until((one) => named(one, 'model_load_complete').length === 1);
    expect(named(ann, 'model_load_started')).toMatchObject([{ item_id: 1, user_id: 'ann', config: model }]);
    await queue.enqueue();
    await admin.until((one) => named(one, 'batch_enqueued').length === 1);
    expect(admin.messages.filter(({ name }) => name.startsWith('model_load'))).toEqual([]);
    for (const socket of [runner, ann, admin]) socket.close();
  });

  test('is not asked for by a stream that does not want it', async () => {
    const { queue, runner, ann } = await running();
    const quiet = await queue.events('?progress=false');
    ann.close();
    await runner.until(({ messages }) => messages.at(-1)?.watched === false);
    quiet.close();
    runner.close();
  });
});
