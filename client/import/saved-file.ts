/**
 * The document in the bytes of a file: JSON, or what InvokeAI wrote into a picture. It keeps a picture's workflow and
 * graph as PNG text chunks (PNG specification, third edition, 11.3.3): a chunk is its length, four letters, its data
 * and a checksum; the data of a text chunk is a keyword, 0, and the text, with flags between them in iTXt and zTXt.
 */
import { BODY_BYTES_MAX } from '../../contract/limits.ts';
import { chunksOf } from '../receive.ts';
import { ImportError } from './import-error.ts';

export interface SavedFile {
  document: unknown;
  /** Where it was found. */
  source: 'json' | SavedSource;
}

/** What its owner made in the editor, with batches and labels; and the graph that drew this very picture. */
export const SAVED_SOURCES = ['workflow', 'graph'] as const;
export type SavedSource = (typeof SAVED_SOURCES)[number];

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const keywordOf = (source: SavedSource): string => `invokeai_${source}`;

/**
 * `prefer` says which of the two a picture is read by when it has both. Throws ImportError when the file holds no
 * document, or is over the 16 MiB that a request may have.
 */
export async function readSaved(bytes: Uint8Array, prefer: SavedSource = 'workflow'): Promise<SavedFile> {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte))
    return {
      document: parsed(new TextDecoder().decode(limited(bytes)), 'The file is no PNG picture, and it'),
      source: 'json',
    };
  const others = SAVED_SOURCES.filter((source) => source !== prefer);
  for (const source of [prefer, ...others]) {
    const text = await textOf(bytes, keywordOf(source));
    if (text !== null) return { document: parsed(text, `"${keywordOf(source)}" in the picture`), source };
  }
  throw new ImportError(
    '',
    'The picture carries neither a workflow nor a graph of InvokeAI: it may have been saved anew.',
  );
}

function limited(bytes: Uint8Array): Uint8Array {
  if (bytes.length > BODY_BYTES_MAX) throw new ImportError('', `The file is over ${BODY_BYTES_MAX} bytes.`);
  return bytes;
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ImportError('', `${what} is not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`);
  }
}

/** The text that has this keyword; null when there is none. */
async function textOf(bytes: Uint8Array, keyword: string): Promise<string | null> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = latin1(bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (/^(tEXt|zTXt|iTXt)$/.test(type) && data.length === length) {
      const end = data.indexOf(0);
      if (end > 0 && end < 80 && latin1(data.subarray(0, end)) === keyword)
        return await decoded(type, data.subarray(end + 1));
    }
    at += 12 + length;
  }
  return null;
}

async function decoded(type: string, data: Uint8Array): Promise<string> {
  if (type === 'tEXt') return latin1(limited(data));
  // The method of compression is always the same one.
  if (type === 'zTXt') return latin1(await inflated(data.subarray(1)));
  const compressed = data[0] === 1;
  const languageEnd = data.indexOf(0, 2);
  const start = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
  if (start < 0) throw new ImportError('', 'The text in the picture is cut off.');
  const text = data.subarray(start + 1);
  return new TextDecoder().decode(compressed ? await inflated(text) : limited(text));
}

/** A few bytes may stand for gigabytes: no more is unpacked than a file may have. */
async function inflated(data: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new DecompressionStream('deflate'));
    for await (const part of chunksOf(new Response(stream))) {
      length += part.length;
      if (length > BODY_BYTES_MAX) break;
      parts.push(part);
    }
  } catch {
    throw new ImportError('', 'The text in the picture cannot be unpacked.');
  }
  if (length > BODY_BYTES_MAX) throw new ImportError('', `The text in the picture is over ${BODY_BYTES_MAX} bytes.`);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Each byte is the character of its number. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}
