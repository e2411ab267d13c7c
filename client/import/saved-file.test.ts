import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BODY_BYTES_MAX } from '../../contract/limits.ts';
import { ImportError } from './import-error.ts';
import { readSaved } from './saved-file.ts';

function chunk(type: string, data: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(data as string, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  // Nothing here reads the checksum.
  return Buffer.concat([length, Buffer.from(type, 'latin1'), bytes, Buffer.alloc(4)]);
}

const png = (...chunks: Uint8Array[]): Uint8Array =>
  Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks, chunk('IEND', '')]);

const text = (keyword: string, value: unknown) => chunk('tEXt', `${keyword}\0${JSON.stringify(value)}`);
const header = chunk('IHDR', '\0'.repeat(13));

test('a picture is read by its workflow, or by the graph that drew it', async () => {
  const picture = png(
    header,
    text('Software', 'x'),
    text('invokeai_graph', { a: 1 }),
    text('invokeai_workflow', { b: 'é' }),
  );
  expect(await readSaved(picture)).toEqual({ document: { b: 'é' }, source: 'workflow' });
  expect(await readSaved(picture, 'graph')).toEqual({ document: { a: 1 }, source: 'graph' });
  const drawn = png(header, text('invokeai_graph', { a: 1 }));
  expect(await readSaved(drawn)).toEqual({ document: { a: 1 }, source: 'graph' });
});

test('its text may be packed, and be any text', async () => {
  const json = JSON.stringify({ prompt: 'a 猫 🐈' });
  const utf8 = Buffer.from(json);
  const international = (flag: number, data: Uint8Array) =>
    png(
      header,
      chunk(
        'iTXt',
        Buffer.concat([Buffer.from('invokeai_workflow\0'), Buffer.from([flag, 0]), Buffer.from('en\0a\0'), data]),
      ),
    );
  const packed = png(header, chunk('zTXt', Buffer.concat([Buffer.from('invokeai_graph\0\0'), deflateSync('{"a":2}')])));
  for (const picture of [international(0, utf8), international(1, deflateSync(utf8))])
    expect((await readSaved(picture)).document).toEqual({ prompt: 'a 猫 🐈' });
  expect((await readSaved(packed)).document).toEqual({ a: 2 });
});

test('a browser that does not iterate over streams unpacks it too', async () => {
  const iterate = ReadableStream.prototype[Symbol.asyncIterator];
  Reflect.deleteProperty(ReadableStream.prototype, Symbol.asyncIterator);
  try {
    const packed = chunk('zTXt', Buffer.concat([Buffer.from('invokeai_graph\0\0'), deflateSync('{"a":2}')]));
    expect((await readSaved(png(header, packed))).document).toEqual({ a: 2 });
  } finally {
    ReadableStream.prototype[Symbol.asyncIterator] = iterate;
  }
});

test('any other file is JSON', async () => {
  expect(await readSaved(Buffer.from('{"nodes": {}}'))).toEqual({ document: { nodes: {} }, source: 'json' });
});

test('a picture of another kind is said to be one that is not read', async () => {
  await expect(readSaved(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).rejects.toThrow('The file is no PNG picture');
});

test.each([
  ['no text of InvokeAI', png(header, text('parameters', 'x'))],
  ['a text that is no JSON', png(header, chunk('tEXt', 'invokeai_graph\0{'))],
  ['a text that is cut off', png(header).subarray(0, 40)],
  [
    'a chunk longer than the file',
    Buffer.concat([png().subarray(0, 8), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from('tEXt')]),
  ],
  ['what cannot be unpacked', png(header, chunk('zTXt', 'invokeai_graph\0\0hello'))],
  ['an iTXt of nothing', png(header, chunk('iTXt', 'invokeai_graph\0'))],
  [
    'gigabytes in a few bytes',
    png(
      header,
      chunk(
        'zTXt',
        Buffer.concat([Buffer.from('invokeai_graph\0\0'), deflateSync(Buffer.alloc(BODY_BYTES_MAX + 1, 32))]),
      ),
    ),
  ],
  ['a file over the limit', Buffer.alloc(BODY_BYTES_MAX + 1, 32)],
  ['nothing', new Uint8Array()],
])('%s is refused', async (_, bytes) => {
  await expect(readSaved(bytes)).rejects.toBeInstanceOf(ImportError);
});
