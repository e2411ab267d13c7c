/**
 * Bytes up, with progress. `fetch` tells nothing of it, so a browser's go through XMLHttpRequest, and Node's through a
 * stream whose reading is the progress, with the length declared: the service takes no body of unknown length.
 */
import { CallerError } from './caller-error.ts';
import { sendsHeaders } from './events/socket.ts';

/** Something to send that can be sent again. */
export type Bytes = Uint8Array<ArrayBuffer> | Blob;

export type OnSent = (sent: number, total: number) => void;

/** Between two reports, and what a stream hands on at a time. */
const CHUNK_BYTES = 64 * 1024;

export const sizeOf = (bytes: Bytes): number => (bytes instanceof Blob ? bytes.size : bytes.byteLength);

interface SendOptions {
  onSent: OnSent | undefined;
  /** Nothing but `fetch` may be used. */
  fetchOnly: boolean;
}

export async function sendBytes(
  send: typeof fetch,
  address: string,
  init: RequestInit,
  bytes: Bytes,
  { onSent, fetchOnly }: SendOptions,
): Promise<Response> {
  if (!onSent) return send(address, { ...init, body: bytes });
  const total = sizeOf(bytes);
  const report = (sent: number) => {
    try {
      onSent(sent, total);
    } catch (error) {
      throw new CallerError(error);
    }
  };
  report(0);
  const Request = (globalThis as { XMLHttpRequest?: XmlHttpRequestConstructor }).XMLHttpRequest;
  if (Request && !fetchOnly) return throughXmlHttpRequest(new Request(), address, init, bytes, report);
  if (sendsHeaders()) return throughStream(send, address, init, bytes, report);
  const response = await send(address, { ...init, body: bytes });
  report(total);
  return response;
}

async function throughStream(
  send: typeof fetch,
  address: string,
  init: RequestInit,
  bytes: Bytes,
  report: (sent: number) => void,
): Promise<Response> {
  const total = sizeOf(bytes);
  let sent = 0;
  let failure: CallerError | null = null;
  const body = new ReadableStream<Uint8Array>(
    {
      // Asked for the next piece, it knows that the last one was taken.
      async pull(controller) {
        try {
          if (sent > 0) report(sent);
        } catch (error) {
          failure = error as CallerError;
          throw error;
        }
        if (sent === total) return controller.close();
        const piece = bytes.slice(sent, sent + CHUNK_BYTES);
        const chunk = piece instanceof Blob ? new Uint8Array(await piece.arrayBuffer()) : piece;
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { ...(init.headers as Record<string, string>), 'content-length': String(total) };
  try {
    return await send(address, { ...init, headers, body, duplex: 'half' } as RequestInit);
  } catch (error) {
    throw failure ?? error;
  }
}

/** The little of it that is used here; Node has none. */
interface XmlHttpRequest {
  responseType: string;
  status: number;
  statusText: string;
  response: ArrayBuffer | null;
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, address: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Bytes): void;
  abort(): void;
}
type XmlHttpRequestConstructor = new () => XmlHttpRequest;

function throughXmlHttpRequest(
  request: XmlHttpRequest,
  address: string,
  init: RequestInit,
  bytes: Bytes,
  report: (sent: number) => void,
): Promise<Response> {
  const { signal } = init;
  return new Promise<Response>((resolve, reject) => {
    const stop = () => request.abort();
    const end = (settle: () => void) => {
      signal?.removeEventListener('abort', stop);
      settle();
    };
    request.open(init.method ?? 'PUT', address);
    for (const [name, value] of Object.entries(init.headers as Record<string, string>))
      request.setRequestHeader(name, value);
    request.responseType = 'arraybuffer';
    request.upload.onprogress = ({ loaded }) => {
      try {
        report(loaded);
      } catch (error) {
        end(() => reject(error));
        request.abort();
      }
    };
    request.onload = () => end(() => resolve(answerOf(request)));
    request.onerror = () => end(() => reject(new TypeError('the connection broke')));
    request.onabort = () => end(() => reject(signal?.reason));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', stop, { once: true });
    request.send(bytes);
  });
}

function answerOf(request: XmlHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split(/\r?\n/).filter(Boolean);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const hasBody = request.status !== 204 && request.status !== 304;
  return new Response(hasBody ? request.response : null, { status: request.status, headers });
}
