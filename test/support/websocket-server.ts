/** The server's side of a websocket (RFC 6455), as far as tests need it: whole text messages, ping, close. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class ServerSocket {
  readonly #stream: Duplex;
  readonly #onText: (text: string) => void;
  #received = Buffer.alloc(0);

  constructor(request: IncomingMessage, stream: Duplex, onText: (text: string) => void) {
    this.#stream = stream;
    this.#onText = onText;
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', () => stream.destroy());
  }

  send(text: string): void {
    this.#frame(TEXT, Buffer.from(text));
  }

  /** Without a word, as when a cable is cut. */
  cut(): void {
    this.#stream.destroy();
  }

  onClose(callback: () => void): void {
    this.#stream.once('close', callback);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let frame = readFrame(this.#received); frame; frame = readFrame(this.#received)) {
      this.#received = this.#received.subarray(frame.length);
      if (frame.opcode === TEXT) this.#onText(frame.payload.toString());
      else if (frame.opcode === PING) this.#frame(PONG, frame.payload);
      else if (frame.opcode === CLOSE) {
        this.#frame(CLOSE, frame.payload);
        this.#stream.end();
      }
    }
  }

  #frame(opcode: number, payload: Buffer): void {
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
    if (head.length === 4) head.writeUInt16BE(length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
    if (!this.#stream.destroyed) this.#stream.write(Buffer.concat([head, payload]));
  }
}

/** The first frame of `bytes`, unmasked; null while it has not wholly come. */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 2) return null;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const short = bytes.readUInt8(1) & 0x7f;
  const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
  const start = 2 + extra + 4;
  if (bytes.length < start) return null;
  const size = extra === 8 ? Number(bytes.readBigUInt64BE(2)) : extra === 2 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + size) return null;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + size)).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return { opcode, payload: Buffer.from(payload), length: start + size };
}
