/** `models`: what the store has, and how a folder or a file of this machine gets there. */
import type { PublishOptions } from '../../client/models.ts';
import { NotFoundError } from '../../client/problems.ts';
import type { Model } from '../../contract/store/model.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, MissingError } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { Transfer } from '../live/transfer.ts';
import { hashed, localModel } from '../models/local-model.ts';
import { sizeText } from '../output/sizes.ts';
import { factLines, tableLines } from '../output/table.ts';
import { count, oneLine } from '../output/text.ts';
import { openTerminal, printJson, type Terminal, when } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export interface AddOptions extends Options {
  /** Its key; `--key` is the API key everywhere. */
  as?: string;
  type?: PublishOptions['type'];
  base?: string;
}

export interface VersionOptions extends Options {
  hash?: string;
}

/** Digits of a hash that tell versions apart. */
const HASH_SHOWN = 12;

export async function list(options: Options): Promise<number> {
  const models = await connect(options).client.models.list();
  if (options.json) printJson(models);
  else {
    const terminal = openTerminal(options);
    for (const line of modelLines(models, terminal)) terminal.line(line);
  }
  return EXIT.ok;
}

export async function show(key: string, { hash, ...options }: VersionOptions): Promise<number> {
  const { models } = connect(options).client;
  const model = version(await models.list(), key, hash);
  if (options.json) printJson(model);
  else {
    const terminal = openTerminal(options);
    for (const line of detailLines(model, terminal)) terminal.line(line);
  }
  return EXIT.ok;
}

/** An interrupt leaves what was uploaded in the store: the next call goes on from there. */
export async function add(place: string, { as, type, base, ...options }: AddOptions): Promise<number> {
  const local = await localModel(place, { key: as, type });
  const { models } = connect(options).client;
  const { signal } = listenForInterrupt();
  const terminal = openTerminal(options);
  const before = await models.get(local.key, { signal }).catch((error: unknown) => {
    if (error instanceof NotFoundError) return null;
    throw error;
  });
  const transfer = new Transfer(terminal);
  let there: number | null = null;
  let model: Model;
  try {
    let read = 0;
    const onRead = (bytes: number) => {
      read += bytes;
      transfer.update('hashing  ', read, local.size);
    };
    const files = await hashed(local, { signal, onRead });
    const onProgress = (done: number, total: number) => {
      there ??= done;
      transfer.update('uploading', done, total);
    };
    const family = base === undefined ? {} : { base };
    model = await models.publish({ key: local.key, type: local.type, ...family, files, onProgress, signal });
  } finally {
    transfer.end();
  }
  const total = bytesOf(model);
  const kept = there ?? total;
  if (options.json) printJson({ ...model, uploaded_bytes: total - kept });
  else {
    const isNew = before !== null && before.hash !== model.hash;
    const what = `${count(model.files.length, 'file')}, ${sizeText(total)}, ${model.type}`;
    const sent = kept === total ? 'nothing had to be sent' : `${sizeText(total - kept)} sent`;
    const known = kept > 0 && kept < total ? `, ${sizeText(kept)} were there already` : '';
    terminal.line(
      `${terminal.colors.bold(model.key)} ${model.hash.slice(0, HASH_SHOWN)} is ${model.status}: ${what}; ${sent}${known}.`,
    );
    if (isNew) terminal.line('It is a new version: graphs that are enqueued from now on take it.');
  }
  return EXIT.ok;
}

export async function remove(key: string, { hash, ...options }: VersionOptions): Promise<number> {
  const { models } = connect(options).client;
  const found = version(await models.list(), key, hash);
  const which = hash === undefined ? {} : { hash: found.hash };
  await models.remove(key, which);
  if (options.json) printJson({ key, ...which, removed: true });
  else openTerminal(options).line(`${key} is removed. Graphs that name it are refused from now on.`);
  return EXIT.ok;
}

/** The beginning of a hash names a version; without one it is the newest that is ready, else the newest. */
function version(models: readonly Model[], key: string, hash = ''): Model {
  const found = models
    .filter((model) => model.key === key && model.hash.startsWith(hash))
    .sort(
      (a, b) => Number(b.status === 'ready') - Number(a.status === 'ready') || (a.created_at < b.created_at ? 1 : -1),
    );
  const [newest] = found;
  if (newest === undefined)
    throw new MissingError(
      `There is no model "${key}"${hash && ` with a hash of ${hash}…`}; \`switchyard models\` lists them.`,
    );
  return newest;
}

const bytesOf = ({ files }: Model): number => files.reduce((sum, { size }) => sum + size, 0);

function modelLines(models: readonly Model[], terminal: Terminal): string[] {
  const { colors: c, columns: width } = terminal;
  if (models.length === 0) return ['There are no models; `switchyard models add FOLDER` publishes one.'];
  const now = Date.now();
  const sorted = [...models].sort((a, b) =>
    a.key === b.key ? (a.created_at < b.created_at ? 1 : -1) : a.key < b.key ? -1 : 1,
  );
  return tableLines(
    [
      { head: 'key', cell: ({ key }) => oneLine(key), least: 12 },
      { head: 'type', cell: ({ type }) => type },
      { head: 'base', cell: ({ base }) => oneLine(base), least: 6 },
      { head: 'status', cell: ({ status }) => (status === 'ready' ? c.green(status) : c.yellow(status)) },
      { head: 'files', cell: ({ files }) => String(files.length), align: 'right' },
      { head: 'size', cell: (model) => sizeText(bytesOf(model)), align: 'right' },
      { head: 'version', cell: ({ hash }) => hash.slice(0, HASH_SHOWN) },
      { head: 'added', cell: ({ created_at }) => when(created_at, terminal, now) },
    ],
    sorted,
    { width, head: c.dim },
  );
}

function detailLines(model: Model, terminal: Terminal): string[] {
  const { colors: c, columns: width } = terminal;
  const missing = new Set(model.missing);
  return [
    c.bold(`model ${oneLine(model.key)}`),
    ...factLines(
      [
        ['type', model.type],
        ['base', oneLine(model.base)],
        ['status', model.status],
        ['version', model.hash],
        ['size', sizeText(bytesOf(model))],
        ['added', when(model.created_at, terminal, Date.now())],
      ],
      c.dim,
    ),
    '',
    ...tableLines(
      [
        { head: 'file', cell: ({ path }) => path, least: 16 },
        { head: 'size', cell: ({ size }) => sizeText(size), align: 'right' },
        { head: 'sha256', cell: ({ sha256 }) => sha256.slice(0, HASH_SHOWN) },
        { head: '', cell: ({ sha256 }) => (missing.has(sha256) ? c.yellow('missing') : '') },
      ],
      model.files,
      { width, head: c.dim },
    ),
  ];
}
