/** `assets`: files of this machine into the store and back, named by their content. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AssetView } from '../../contract/store/asset.ts';
import { endingOf } from '../batch/output-files.ts';
import { contentTypeOf } from '../batch/stored-files.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { Transfer } from '../live/transfer.ts';
import { sizeText } from '../output/sizes.ts';
import { oneLine } from '../output/text.ts';
import { readable } from '../readable.ts';
import { openTerminal, printJson } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export interface UploadOptions extends Options {
  type?: AssetView['content_type'];
}

export interface GetOptions extends Options {
  out?: string;
  force?: boolean;
}

export async function upload(files: readonly string[], { type, ...options }: UploadOptions): Promise<number> {
  const { assets } = connect(options).client;
  const { signal } = listenForInterrupt();
  const terminal = openTerminal(options);
  const total = files.reduce((sum, file) => sum + readable(file, () => sizeOf(file)), 0);
  const transfer = new Transfer(terminal);
  const stored: (AssetView & { file: string })[] = [];
  let before = 0;
  try {
    for (const file of files) {
      const bytes = readable(file, () => new Uint8Array(readFileSync(file)));
      const onProgress = (sent: number) => transfer.update('uploading', before + sent, total);
      stored.push({ file, ...(await assets.upload(bytes, type ?? contentTypeOf(file), { signal, onProgress })) });
      before += bytes.length;
    }
  } finally {
    transfer.end();
    // What is in the store is told, whatever ended the rest.
    if (options.json) printJson(stored);
    else
      for (const { file, asset_name, content_type, size } of stored)
        terminal.line(`${asset_name}  ${content_type}  ${sizeText(size)}  ${oneLine(file)}`);
  }
  return EXIT.ok;
}

/** Into the file or folder of `out`, `-` for standard output; else under its own name here. */
export async function get(name: string, { out, force, ...options }: GetOptions): Promise<number> {
  if (!/^[0-9a-f]{64}$/.test(name)) throw new UsageError(`"${name}" is no asset: its name is 64 digits, 0–9 and a–f.`);
  if (out === '-' && options.json) throw new UsageError('--json and --out - cannot share standard output.');
  const { client, queue } = connect(options);
  const { signal } = listenForInterrupt();
  const terminal = openTerminal(out === '-' ? { json: true } : options);
  const transfer = new Transfer(terminal);
  const onProgress = (done: number, total: number | null) => {
    if (total !== null) transfer.update('downloading', done, total);
  };
  const asset = await client.assets
    .download(name, { queue_id: queue.queue_id, signal, onProgress })
    .finally(() => transfer.end());
  const { bytes, content_type } = asset;
  if (out === '-') {
    await new Promise((resolve) => process.stdout.write(bytes, resolve));
    return EXIT.ok;
  }
  const file = placeOf(out, `${name}.${endingOf(content_type)}`);
  if (existsSync(file) && !force && !readFileSync(file).equals(bytes))
    throw new UsageError(`${file} is there already, and holds something else; --force writes over it.`);
  writeFileSync(file, bytes);
  if (options.json) printJson({ asset_name: name, content_type, size: bytes.length, file });
  else terminal.line(`${oneLine(file)}  ${content_type}  ${sizeText(bytes.length)}`);
  return EXIT.ok;
}

function sizeOf(file: string): number {
  const found = statSync(file);
  if (found.isDirectory()) throw new Error('it is a folder; name files');
  return found.size;
}

const placeOf = (out: string | undefined, name: string): string =>
  out === undefined ? name : existsSync(out) && statSync(out).isDirectory() ? path.join(out, name) : out;
