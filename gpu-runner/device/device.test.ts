import { describe, expect, test } from 'vitest';
import { PREVIEW_BYTES_MAX } from '../../contract/limits.ts';
import type { RunnerReport } from '../../contract/runner/socket.ts';
import { AssetCache } from './asset-cache.ts';
import {
  candidatesOf,
  chooseDevice,
  cudaVisibleDevices,
  DEVICE_NAME,
  executionProviders,
} from './execution-providers.ts';
import { Hooks } from './hooks.ts';
import { itemError, processorError } from './item-error.ts';
import { Outgoing } from './outgoing.ts';
import { encodePreview } from './preview.ts';
import { PREVIEW_EVERY_MS, PROGRESS_EVERY_MS, Progress } from './progress.ts';
import { Requests } from './requests.ts';
import { tryDevice } from './trial.ts';

describe('the choice of a device', () => {
  const working =
    (...devices: string[]) =>
    (device: string) =>
      devices.includes(device) ? Promise.resolve() : Promise.reject(new Error(`no ${device}\nat some place`));

  test.each([
    ['auto', ['cuda:0', 'webgpu', 'cpu'], 'cuda:0', /first choice/],
    ['auto', ['cpu'], 'cpu', /cpu works \(cuda:0: no cuda:0; webgpu: no webgpu\)/],
    ['cpu', ['cpu'], 'cpu', /as asked/],
  ])('%s where %s work → %s', async (choice, there, device, reason) => {
    expect(await chooseDevice(candidatesOf(choice), working(...there))).toEqual({
      device,
      reason: expect.stringMatching(reason),
    });
  });

  test('the reason leaves out where in the native source it failed', async () => {
    const { reason } = await chooseDevice(['webgpu'], async () => {
      throw new Error('/src/context.cc:136 init() adapter.status == ok was false. No supported adapters\n');
    });
    expect(reason).toMatch(/^webgpu does not work here: No supported adapters\. WebGPU needs/);
  });

  test('a device that was asked for by name never becomes another one', async () => {
    const { device, reason } = await chooseDevice(candidatesOf('cuda:1'), working('cpu', 'cuda:0'));
    expect(device).toBeNull();
    expect(reason).toMatch(/cuda:1 does not work here: no cuda:1\. CUDA needs/);
  });

  test.each([
    ['cpu', '2,3', '2,3'],
    ['cuda:0', undefined, '0'],
    ['cuda:1', undefined, '1'],
    ['cuda:1', '2,3', '3'],
    ['cuda:5', '2,3', '-1'],
  ])('%s among GPUs %s sees %s', (device, allowed, seen) => expect(cudaVisibleDevices(device, allowed)).toBe(seen));

  test('names', () => {
    for (const name of ['auto', 'cpu', 'webgpu', 'cuda:0', 'cuda:15']) expect(name).toMatch(DEVICE_NAME);
    for (const name of ['cuda', 'gpu', 'cuda:', 'cuda:1x', '']) expect(name).not.toMatch(DEVICE_NAME);
    expect(executionProviders('cuda:3')).toEqual(['cuda']);
  });

  test('the processor infers', () => tryDevice('cpu'));
});

test('the asset cache forgets the least recently used, and takes nothing over its size', () => {
  const cache = new AssetCache(10);
  cache.put('a', new Uint8Array(4));
  cache.put('b', new Uint8Array(4));
  cache.get('a');
  cache.put('c', new Uint8Array(4));
  cache.put('huge', new Uint8Array(11));
  expect(['a', 'b', 'c', 'huge'].filter((name) => cache.get(name))).toEqual(['a', 'c']);
});

describe('progress', () => {
  const lease = { item_id: 1, fence: 1, token: 't' };
  function watching(watched = true) {
    const sent: RunnerReport[] = [];
    const clock = { ms: 1_000 };
    const encode = async () => ({ width: 1, height: 1, dataURL: 'data:,' });
    const progress = new Progress({ now: () => clock.ms, send: (report) => sent.push(report), encode }, watched);
    return { progress, sent, clock };
  }
  const preview = () => ({ width: 1, height: 1, rgb: new Uint8Array(3) });

  test('nobody watches: nothing is sent, and no preview is made', async () => {
    const { progress, sent } = watching(false);
    const make = () => {
      throw new Error('made');
    };
    await progress.report(lease, 'n', { message: 'm', preview: make });
    expect(sent).toEqual([]);
  });

  test('reports are thinned, previews more, and the last step is always told', async () => {
    const { progress, sent, clock } = watching();
    for (let step = 1; step <= 100; step++) {
      await progress.report(lease, 'n', { message: 'm', percentage: step / 100, preview });
      clock.ms += 10;
    }
    const reports = sent as Extract<RunnerReport, { report: 'progress' }>[];
    expect(reports.length).toBe(1_000 / PROGRESS_EVERY_MS + 1);
    expect(reports.filter(({ image }) => image).length).toBe(1_000 / PREVIEW_EVERY_MS);
    expect(reports.at(-1)?.percentage).toBe(1);
  });

  test('one session that tells a lot leaves room for another', async () => {
    const { progress, sent, clock } = watching();
    const other = { item_id: 2, fence: 1, token: 't' };
    for (let step = 0; step < 10; step++) {
      await progress.report(lease, 'n', { message: 'm', preview });
      await progress.report(other, 'n', { message: 'm', preview });
      clock.ms += PROGRESS_EVERY_MS / 10;
    }
    const reports = sent as Extract<RunnerReport, { report: 'progress' }>[];
    expect(reports.map(({ item_id, image }) => [item_id, image !== null])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  test('previews are small JPEGs', async () => {
    const pixels = { width: 1024, height: 512, rgb: crypto.getRandomValues(new Uint8Array(65_536)) };
    const rgb = new Uint8Array(1024 * 512 * 3).map((_, at) => pixels.rgb[at % 65_536] ?? 0);
    const image = await encodePreview({ ...pixels, rgb });
    expect(image).toMatchObject({
      width: 256,
      height: 128,
      dataURL: expect.stringMatching(/^data:image\/jpeg;base64,/),
    });
    expect(image?.dataURL.length).toBeLessThanOrEqual(PREVIEW_BYTES_MAX);
  });
});

describe('errors', () => {
  class Odd extends RangeError {}
  class Named extends Error {
    override name = 'OutOfPaint';
  }
  test.each([
    [new TypeError('t'), 'TypeError', 't'],
    [new Odd('o'), 'Odd', 'o'],
    [new DOMException('d', 'AbortError'), 'AbortError', 'd'],
    [new Named('n'), 'OutOfPaint', 'n'],
    [new (class Plain extends Error {})('p'), 'Plain', 'p'],
    ['text', 'NodeError', 'The node threw text, which is no Error.'],
    [undefined, 'NodeError', 'The node threw undefined, which is no Error.'],
  ])('%s → %s', (thrown, error_type, error_message) => {
    expect(itemError(thrown)).toMatchObject({ error_type, error_message });
  });

  test('that are none, or only look like one, are told all the same', () => {
    const spoiled = (over: object) => Object.assign(new Error('e'), over);
    expect(itemError(spoiled({ message: { code: 7 } }))).toMatchObject({ error_message: '{ code: 7 }' });
    expect(itemError(spoiled({ name: Symbol('odd'), stack: 7 }))).toMatchObject({
      ...{ error_type: 'Symbol(odd)', error_message: 'e', error_traceback: '7' },
    });
    const unreadable = Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('again');
      },
    });
    expect(itemError(unreadable)).toEqual({
      ...{ error_type: 'NodeError', error_message: 'The node threw an error that cannot be read.' },
    });
    expect(itemError(Object.create(null)).error_message).toMatch(/threw \[Object: null prototype\] {}, which/);
  });

  test('ours are told from the node’s', () => {
    expect(processorError(new TypeError('t'))).toMatchObject({ error_type: 'ProcessorError', error_message: 't' });
  });
});

test('hooks are called in order, and cost nothing when nobody listens', async () => {
  const called: string[] = [];
  const hooks = new Hooks([
    { processor_error: async ({ error }) => void called.push(`first ${error.error_type}`) },
    { processor_error: () => void called.push('second') },
  ]);
  await hooks.call('processor_error', { item: null, error: { error_type: 'E', error_message: '' } });
  expect(called).toEqual(['first E', 'second']);
  expect(
    new Hooks().call('processor_error', { item: null, error: { error_type: 'E', error_message: '' } }),
  ).toBeUndefined();
});

test('a turn’s messages leave together, earlier when asked', async () => {
  const sent: number[][] = [];
  const outgoing = new Outgoing<number>((messages) => sent.push(messages));
  outgoing.post(1);
  outgoing.post(2);
  outgoing.flush();
  outgoing.post(3);
  await new Promise(setImmediate);
  expect(sent).toEqual([[1, 2], [3]]);
});

test('a refused request fails with the name that the agent gives', async () => {
  const asked: unknown[] = [];
  const requests = new Requests((message) => asked.push(message));
  const answer = requests.ask({ what: 'asset', asset_name: 'x' });
  requests.answer({ kind: 'refusal', request: 1, error_name: 'AssetError', message: 'not yours' });
  await expect(answer).rejects.toMatchObject({ name: 'AssetError', message: 'not yours' });
  expect(asked).toEqual([{ kind: 'request', request: 1, wanted: { what: 'asset', asset_name: 'x' } }]);
});
