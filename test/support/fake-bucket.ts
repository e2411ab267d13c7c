/** A bucket with S3's interface, as far as reading needs it, on 127.0.0.1. Requests have to be signed (Signature V4). */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'reader', AWS_SECRET_ACCESS_KEY: 'the secret of the reader' };
const NAME = 'models-of-a-test';

export class FakeBucket {
  readonly objects = new Map<string, Buffer>();
  /** What was asked for, and how it was answered: `GET KEY bytes=5- 206`. */
  readonly requests: string[] = [];
  /** Answers everything so, when set: an error code of S3. */
  refusal: string | null = null;
  /** Bytes after which a transfer breaks; for the first ones only. */
  breakTransfersAt: number[] = [];
  readonly #server = http.createServer((request, response) => this.#serve(request, response));

  /** What a runner's environment says of it. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return { ...CREDENTIALS, SWITCHYARD_S3_ENDPOINT: `http://127.0.0.1:${port}`, SWITCHYARD_S3_BUCKET: NAME };
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://bucket');
    const key = decodeURIComponent(pathname).slice(`/${NAME}/`.length);
    const range = request.headers.range;
    const object = decodeURIComponent(pathname).startsWith(`/${NAME}/`) ? this.objects.get(key) : undefined;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const refusal = this.refusal ?? complaintOf(request) ?? (object ? undefined : 'NoSuchKey');
    const status = refusal ? 403 : range === undefined ? 200 : object && from < object.length ? 206 : 416;
    this.requests.push([request.method, key, range, status].filter((part) => part !== undefined).join(' '));
    if (!object || refusal || status === 416) {
      response.writeHead(refusal === 'NoSuchKey' ? 404 : status, { 'content-type': 'application/xml' });
      response.end(
        `<?xml version="1.0"?><Error><Code>${refusal ?? 'InvalidRange'}</Code><Message>no</Message></Error>`,
      );
      return;
    }
    const bytes = object.subarray(from);
    const headers = { 'content-length': bytes.length, 'content-type': 'application/octet-stream' };
    response.writeHead(status, {
      ...headers,
      ...(status === 206 ? { 'content-range': `bytes ${from}-${object.length - 1}/${object.length}` } : {}),
    });
    const breakAt = this.breakTransfersAt.shift();
    if (breakAt === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, breakAt), () => response.destroy());
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The code that S3 would refuse the request with, by its signature. */
function complaintOf({ method, url, headers }: http.IncomingMessage): string | undefined {
  const said =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    );
  if (!said) return 'AccessDenied';
  const [, id, day = '', region = '', signed = '', signature] = said;
  if (id !== CREDENTIALS.AWS_ACCESS_KEY_ID) return 'InvalidAccessKeyId';
  const { pathname, searchParams } = new URL(url ?? '/', 'http://bucket');
  searchParams.sort();
  const names = signed.split(';');
  const canonical = [
    ...[method, pathname, searchParams.toString()],
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    ...['', signed, String(headers['x-amz-content-sha256'])],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${CREDENTIALS.AWS_SECRET_ACCESS_KEY}`,
  );
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
