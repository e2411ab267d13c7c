import { afterEach, expect, test, vi } from 'vitest';
import { sendBytes } from './send-bytes.ts';

afterEach(() => void vi.unstubAllGlobals());

const bytes = new Uint8Array(150_000).fill(7);
const refuse: typeof fetch = () => Promise.reject(new Error('fetch was used'));

/** A browser's, as far as it is used: what it is told, and its events by hand. */
class BrowserRequest {
  static made: BrowserRequest[] = [];
  readonly headers: Record<string, string> = {};
  responseType = '';
  status = 0;
  statusText = '';
  response: ArrayBuffer | null = null;
  answered = '';
  opened: string[] = [];
  sent: unknown;
  aborted = false;
  upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  constructor() {
    BrowserRequest.made.push(this);
  }
  open(...told: string[]) {
    this.opened = told;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getAllResponseHeaders() {
    return this.answered;
  }
  send(body: unknown) {
    this.sent = body;
  }
  abort() {
    this.aborted = true;
    this.onabort?.();
  }
}

function inBrowser(init: RequestInit = {}, onSent: (sent: number, total: number) => void = () => {}) {
  vi.stubGlobal('XMLHttpRequest', BrowserRequest);
  const headers = { 'content-type': 'image/png' };
  const answer = sendBytes(refuse, 'http://x/y', { method: 'PUT', headers, ...init }, bytes, {
    onSent,
    fetchOnly: false,
  });
  answer.catch(() => {});
  const request = BrowserRequest.made.at(-1) as BrowserRequest;
  return { answer, request };
}

test('in a browser, progress is that of an XMLHttpRequest, and its answer is one of fetch', async () => {
  const told: [number, number][] = [];
  const { answer, request } = inBrowser({}, (...each) => told.push(each));
  expect([request.opened, request.headers, request.sent]).toEqual([
    ['PUT', 'http://x/y'],
    { 'content-type': 'image/png' },
    bytes,
  ]);
  request.upload.onprogress?.({ loaded: 90_000 });
  request.upload.onprogress?.({ loaded: 150_000 });
  Object.assign(request, { status: 201, response: new TextEncoder().encode('{"size":3}').buffer });
  request.answered = 'content-type: application/json\r\nx-request-id: a:b\r\n';
  request.onload?.();
  const response = await answer;
  expect([response.status, await response.json(), response.headers.get('x-request-id')]).toEqual([
    201,
    { size: 3 },
    'a:b',
  ]);
  expect(told.map(([sent]) => sent)).toEqual([0, 90_000, 150_000]);
});

test('it ends with its signal, with a connection that breaks, and with an error of its caller', async () => {
  const stop = new AbortController();
  const aborted = inBrowser({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(aborted.answer).rejects.toThrow('enough');
  expect(aborted.request.aborted).toBe(true);
  const broken = inBrowser();
  broken.request.onerror?.();
  await expect(broken.answer).rejects.toThrow(TypeError);
  const mine = inBrowser({}, (sent) => {
    if (sent > 0) throw new RangeError('mine');
  });
  mine.request.upload.onprogress?.({ loaded: 5 });
  await expect(mine.answer).rejects.toMatchObject({ cause: expect.any(RangeError) });
  expect(mine.request.aborted).toBe(true);
});

test('a fetch of the caller is the only way, and an answer without a body has none', async () => {
  vi.stubGlobal('XMLHttpRequest', BrowserRequest);
  let received = 0;
  const own = (async (_: string, init: RequestInit) => {
    for await (const chunk of init.body as unknown as AsyncIterable<Uint8Array>) received += chunk.byteLength;
    return new Response(null, { status: 204 });
  }) as typeof fetch;
  const before = BrowserRequest.made.length;
  await sendBytes(own, 'http://x', { headers: {} }, new Blob([bytes]), { onSent: () => {}, fetchOnly: true });
  expect([received, BrowserRequest.made.length]).toEqual([bytes.length, before]);
  const { answer, request } = inBrowser();
  Object.assign(request, { status: 204, response: new ArrayBuffer(0) });
  request.onload?.();
  expect((await answer).body).toBeNull();
});

test('without a listener the bytes are the body', async () => {
  let body: unknown;
  const own = (async (_: string, init: RequestInit) => {
    body = init.body;
    return new Response('');
  }) as typeof fetch;
  await sendBytes(own, 'http://x', {}, bytes, { onSent: undefined, fetchOnly: false });
  expect(body).toBe(bytes);
});
