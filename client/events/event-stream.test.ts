import { expect, test, vi } from 'vitest';
import { problem } from '../../contract/error/problem.ts';
import { CLOSE_BAD_MESSAGE, CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import { ConnectionError, ProblemError } from '../errors.ts';
import { FakeConnections } from '../testing/fake-socket.ts';
import { hello, live, mark, runnerEvent, snapshot } from '../testing/frames.ts';
import { EventStream } from './event-stream.ts';
import { BUFFER_MAX } from './frame-buffer.ts';
import type { StreamFrame } from './stream-cursor.ts';

function open(options: { after?: number; probe?: () => Promise<unknown> } = {}) {
  const connections = new FakeConnections();
  const probe = options.probe ?? (() => Promise.reject(new ConnectionError('http://x', 'down')));
  const stream = new EventStream({ connect: (after) => connections.connect(after), probe }, { after: options.after });
  return { connections, stream };
}

/** Takes frames until `enough` says so. */
async function take(stream: EventStream, enough: (frame: StreamFrame) => boolean): Promise<StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of stream) {
    frames.push(frame);
    if (enough(frame)) break;
  }
  return frames;
}

const reached = (sequence: number) => (frame: StreamFrame) =>
  frame.name === 'runner_connected' && frame.sequence === sequence;
const names = (frames: StreamFrame[]) => frames.map((frame) => frame.name);

test('a stream resumes after the last sequence and yields nothing twice', async () => {
  const { connections, stream } = open({ after: 10 });
  const frames = take(stream, reached(13));
  const first = await connections.next();
  first.says(hello(11, 'replay'), runnerEvent(11, 10), live(11), runnerEvent(12, 11));
  first.drops();
  const second = await connections.next();
  second.says(hello(13, 'replay'), runnerEvent(12, 11), runnerEvent(13, 12));
  const sequences = (await frames).flatMap((frame) => (frame.name === 'runner_connected' ? [frame.sequence] : []));
  expect(sequences).toEqual([11, 12, 13]);
  expect(connections.afters).toEqual([10, 12]);
  expect(second.closed).toBe(true);
});

test('a snapshot is yielded, and later sockets resume from it', async () => {
  const { connections, stream } = open();
  const frames = take(stream, reached(41));
  (await connections.next()).says(hello(40, 'snapshot'), snapshot(40), live(40), runnerEvent(41, 40));
  expect(names(await frames)).toEqual(['hello', 'snapshot', 'live', 'runner_connected']);
  expect(stream.sequence).toBe(41);
});

test('a gap is never yielded: the stream resumes from before it', async () => {
  const { connections, stream } = open({ after: 1 });
  const frames = take(stream, reached(4));
  const first = await connections.next();
  first.says(hello(1, 'current'), runnerEvent(2, 1), runnerEvent(4, 3));
  expect(first.closed).toBe(true);
  const second = await connections.next();
  second.says(hello(4, 'replay'), runnerEvent(3, 2), runnerEvent(4, 3));
  expect((await frames).filter((frame) => frame.name === 'runner_connected')).toHaveLength(3);
  expect(connections.afters).toEqual([1, 2]);
});

test('a service that cannot be reached is tried again', async () => {
  const { connections, stream } = open();
  const frames = take(stream, (frame) => frame.name === 'hello');
  (await connections.next()).drops();
  (await connections.next()).drops();
  (await connections.next()).says(hello(0, 'current'));
  expect(names(await frames)).toEqual(['hello']);
});

test('a refusal that waiting cannot cure is thrown', async () => {
  const { connections, stream } = open({
    probe: () => Promise.reject(new ProblemError(problem('unauthenticated', 'The key is not known.'))),
  });
  const frames = take(stream, () => false);
  (await connections.next()).drops();
  await expect(frames).rejects.toThrow('The key is not known.');
});

test('a call for a socket that is refused for good is thrown, whatever the probe says', async () => {
  const refusal = new ProblemError(problem('forbidden', 'No tickets for this key.'));
  const stream = new EventStream({ connect: () => Promise.reject(refusal), probe: () => Promise.resolve() });
  await expect(take(stream, () => false)).rejects.toBe(refusal);
});

test('calls that nobody answers are given up and made again', async () => {
  vi.useFakeTimers();
  try {
    const signals: AbortSignal[] = [];
    const unanswered = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const connections = new FakeConnections();
    const connect = (after: number | null, { signal }: { signal: AbortSignal }) =>
      connections.afters.length === 0 && signals.length === 0 ? unanswered(signal) : connections.connect(after);
    const frames = take(new EventStream({ connect, probe: unanswered }), (frame) => frame.name === 'hello');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    (await connections.next()).says(hello(0, 'current'));
    expect(names(await frames)).toEqual(['hello']);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('where no websocket comes through and calls do, the stream does without', async () => {
  const connections = new FakeConnections();
  const ways: boolean[] = [];
  const connect = (after: number | null, { plain }: { plain: boolean }) => {
    ways.push(plain);
    return connections.connect(after);
  };
  // A service that is away says nothing of the way to it.
  const answers = [true, true, false, true, true, true];
  const probe = () => (answers.shift() ? Promise.resolve() : Promise.reject(new ConnectionError('http://x', 'down')));
  const frames = take(new EventStream({ connect, probe }), (frame) => frame.name === 'live');
  for (let socket = 0; socket < 6; socket++) (await connections.next()).drops();
  const plain = await connections.next();
  plain.says(hello(1, 'current'));
  plain.drops();
  (await connections.next()).says(hello(1, 'replay'), live(1));
  await frames;
  expect(ways).toEqual([false, false, false, false, false, false, true, true]);
});

test('a deleted queue ends the stream with an error', async () => {
  const { connections, stream } = open();
  const frames = take(stream, () => false);
  const socket = await connections.next();
  socket.says(hello(0, 'current'));
  socket.drops(CLOSE_QUEUE_GONE);
  await expect(frames).rejects.toThrow('deleted');
});

test('a mark is answered once everything before it was taken, and is not yielded', async () => {
  const { connections, stream } = open({ after: 0 });
  const frames = stream[Symbol.asyncIterator]();
  const first = await connections.next();
  first.says(hello(2, 'replay'), runnerEvent(1, 0), mark(1), runnerEvent(2, 1), mark(2), live(2));
  const next = async () => (await frames.next()).value;
  expect([await next(), await next()]).toMatchObject([{ name: 'hello' }, { sequence: 1 }]);
  expect(first.sent).toEqual([]);
  expect(await next()).toMatchObject({ sequence: 2 });
  expect(first.sent).toEqual(['{"ack":1}']);
  expect(await next()).toMatchObject({ name: 'live' });
  expect(first.sent).toEqual(['{"ack":1}', '{"ack":2}']);
  stream.close();
});

test('a service of another protocol is told so and left', async () => {
  const { connections, stream } = open({ after: 0 });
  const frames = take(stream, () => false);
  const socket = await connections.next();
  socket.says({ ...hello(0, 'current'), protocol: 99 }, runnerEvent(1, 0));
  await expect(frames).rejects.toThrow('protocol 99');
  expect(socket.closeCode).toBe(CLOSE_BAD_MESSAGE);
  expect(connections.afters).toHaveLength(1);
});

test('a consumer that does not read holds the stream back instead of filling memory', async () => {
  const { connections, stream } = open({ after: 0 });
  const first = await connections.next();
  first.says(hello(0, 'current'));
  for (let sequence = 1; sequence < BUFFER_MAX; sequence++) first.says(runnerEvent(sequence, sequence - 1));
  expect(first.closed).toBe(true);
  const frames = take(stream, reached(BUFFER_MAX));
  const second = await connections.next();
  second.says(hello(BUFFER_MAX, 'replay'), runnerEvent(BUFFER_MAX, BUFFER_MAX - 1));
  expect(await frames).toHaveLength(BUFFER_MAX + 2);
  expect(connections.afters).toEqual([0, BUFFER_MAX - 1]);
});

test('closing ends the iteration and opens nothing more', async () => {
  const { connections, stream } = open();
  const frames = take(stream, () => false);
  const socket = await connections.next();
  socket.says(hello(0, 'current'));
  stream.close();
  expect(socket.closed).toBe(true);
  expect((await frames).length).toBeLessThanOrEqual(1);
  expect(connections.afters).toHaveLength(1);
});

test('a consumer that is behind goes on while the next socket opens', async () => {
  const { connections, stream } = open({ after: 0 });
  const frames = stream[Symbol.asyncIterator]();
  const first = await connections.next();
  first.says(hello(3, 'replay'), runnerEvent(1, 0), runnerEvent(2, 1), runnerEvent(3, 2), live(3));
  await frames.next();
  first.drops();
  const second = await connections.next();
  const taken: StreamFrame[] = [];
  for (let count = 0; count < 4; count++) taken.push((await frames.next()).value);
  expect(names(taken)).toEqual(['runner_connected', 'runner_connected', 'runner_connected', 'live']);
  // What was taken meanwhile is acknowledged on the new socket, once that can be done.
  second.says(hello(4, 'replay'), runnerEvent(4, 3), mark(4), live(4));
  while ((await frames.next()).value.name !== 'live');
  expect(second.sent).toEqual(['{"ack":4}']);
  stream.close();
});

test('a message that is no frames costs its connection, not the process', async () => {
  const { connections, stream } = open({ after: 1 });
  const frames = take(stream, reached(2));
  const first = await connections.next();
  first.saysText('<html>');
  expect(first.closed).toBe(true);
  (await connections.next()).says(hello(2, 'replay'), runnerEvent(2, 1));
  await frames;
});

test('what waits together comes together, with the ends of connections in their places', async () => {
  const { connections, stream } = open({ after: 0 });
  const batches = stream.batches();
  const first = await connections.next();
  first.says(hello(2, 'replay'), runnerEvent(1, 0), mark(1));
  first.says(runnerEvent(2, 1), live(2));
  const next = async () => (await batches.next()).value?.map((frame) => frame.name);
  expect(await next()).toEqual(['hello', 'runner_connected', 'runner_connected', 'live']);
  expect(first.sent).toEqual([]);
  const waiting = next();
  // The batch before is read when the next one is asked for.
  expect(first.sent).toEqual(['{"ack":1}']);
  first.says(runnerEvent(3, 2));
  first.drops();
  expect(await waiting).toEqual(['runner_connected', 'disconnected']);
  const refused = await connections.next();
  refused.drops();
  (await connections.next()).says(hello(3, 'current'));
  // A connection that never said hello did not end either.
  expect(await next()).toEqual(['hello']);
  stream.close();
  expect(await next()).toBeUndefined();
});

test('closing ends the call that asks why a socket did not open', async () => {
  const connections = new FakeConnections();
  const stop = new AbortController();
  let signal: AbortSignal | undefined;
  const asked = new Promise<void>((resolve) => {
    const probe = (given: AbortSignal) => {
      signal = given;
      resolve();
      return new Promise(() => {});
    };
    new EventStream({ connect: (after) => connections.connect(after), probe }, { signal: stop.signal });
  });
  (await connections.next()).drops();
  await asked;
  expect(signal?.aborted).toBe(false);
  stop.abort();
  expect(signal?.aborted).toBe(true);
});

test('a stream that was closed keeps nothing of a signal that lasts', () => {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  const counted = Object.assign(signal, {
    addEventListener: (...each: Parameters<typeof add>) => {
      listeners.add(each[1]);
      add(...each);
    },
    removeEventListener: (...each: Parameters<typeof remove>) => {
      listeners.delete(each[1]);
      remove(...each);
    },
  });
  const connections = new FakeConnections();
  const probe = () => Promise.resolve();
  const stream = new EventStream({ connect: (after) => connections.connect(after), probe }, { signal: counted });
  expect(listeners.size).toBe(1);
  stream.close();
  expect(listeners.size).toBe(0);
});

test('the number to go on from is of what was taken, not of what waits', async () => {
  const { connections, stream } = open();
  const socket = await connections.next();
  socket.says(hello(0, 'current'), runnerEvent(1, 0), runnerEvent(2, 1), runnerEvent(3, 2));
  for await (const frame of stream) if (frame.name === 'runner_connected') break;
  expect(stream.sequence).toBe(1);
});

test.each(['[null]', '[1]', '[{}]', '[[]]'])('a list that holds no frames costs its connection: %s', async (text) => {
  const { connections, stream } = open();
  const frames = take(stream, reached(1));
  const socket = await connections.next();
  socket.says(hello(0, 'current'));
  socket.saysText(text);
  expect(socket.closed).toBe(true);
  (await connections.next()).says(hello(0, 'current'), runnerEvent(1, 0));
  expect(names(await frames)).toEqual(['hello', 'hello', 'runner_connected']);
});

test('a service that greets and hangs up is asked ever less often', async () => {
  const most = vi.spyOn(Math, 'random').mockReturnValue(0.999);
  vi.useFakeTimers();
  try {
    const { connections, stream } = open();
    const frames = take(stream, () => false);
    let connected = 0;
    for (let elapsed = 0; elapsed < 60_000; elapsed += 50) {
      if (connections.afters.length > connected) {
        connected++;
        const socket = await connections.next();
        socket.says(hello(0, 'current'));
        socket.drops();
      }
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(connected).toBeLessThan(25);
    stream.close();
    await frames;
  } finally {
    vi.useRealTimers();
    most.mockRestore();
  }
});
