/** `keys`: made, listed, rotated and revoked by admins; and what one's own is good for. */
import type { CreateKeyResult, CurrentKey, KeyView, RateLimit, Scope } from '../../contract/store/key.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { type Column, factLines, tableLines } from '../output/table.ts';
import { oneLine } from '../output/text.ts';
import { openTerminal, printJson, type Terminal, when } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export interface CreateOptions extends Options {
  scopes: Scope[];
  user?: string;
  queues?: string[];
  expires?: string;
  lane?: number;
  rateLimit?: RateLimit;
}

export async function list(options: Options & { all?: boolean }): Promise<number> {
  const keys = await connect(options).client.keys.list();
  const now = Date.now();
  const shown = options.all ? keys : keys.filter((key) => endOf(key, now) === null);
  if (options.json) printJson(shown);
  else {
    const terminal = openTerminal(options);
    for (const line of keyLines(shown, terminal, now)) terminal.line(line);
    const ended = keys.length - shown.length;
    if (ended > 0) terminal.line(terminal.colors.dim(`${ended} more have ended: --all`));
  }
  return EXIT.ok;
}

export async function create(name: string, options: CreateOptions): Promise<number> {
  const { scopes, user, queues, expires, lane, rateLimit } = options;
  const made = await connect(options).client.keys.create({
    name,
    scopes,
    ...(user === undefined ? {} : { user_id: user }),
    ...(queues === undefined ? {} : { queue_ids: queues }),
    ...(expires === undefined ? {} : { expires_at: expires }),
    ...(lane === undefined ? {} : { lane }),
    ...(rateLimit === undefined ? {} : { rate_limit: rateLimit }),
  });
  tellMade(made, options);
  return EXIT.ok;
}

export async function rotate(keyId: string, { grace, ...options }: Options & { grace: number }): Promise<number> {
  tellMade(await connect(options).client.keys.rotate(keyId, { grace_seconds: grace }), options);
  return EXIT.ok;
}

export async function revoke(keyId: string, options: Options): Promise<number> {
  const revoked = await connect(options).client.keys.revoke(keyId);
  if (options.json) printJson(revoked);
  else openTerminal(options).line(`Key ${keyId} (${oneLine(revoked.name)}) is good for nothing any more.`);
  return EXIT.ok;
}

export async function current(options: Options): Promise<number> {
  const key = await connect(options).client.keys.current();
  if (options.json) printJson(key);
  else {
    const terminal = openTerminal(options);
    terminal.line(terminal.colors.bold(`key ${key.key_id}`));
    for (const line of factLines(factsOf(key, terminal), terminal.colors.dim)) terminal.line(line);
  }
  return EXIT.ok;
}

/** The one time that the key itself is to be seen. */
function tellMade({ key, ...view }: CreateKeyResult, options: Options): void {
  if (options.json) {
    printJson({ ...view, key });
    return;
  }
  const terminal = openTerminal(options);
  const { colors: c } = terminal;
  terminal.line(`${c.bold(`key ${view.key_id}`)}  ${oneLine(view.name)}`);
  for (const line of factLines(factsOf(view, terminal), c.dim)) terminal.line(line);
  terminal.line();
  terminal.line(`  ${c.green(key)}`);
  terminal.line();
  terminal.line(c.yellow('  It is shown this once: put it where it belongs now.'));
}

const factsOf = (key: CurrentKey, terminal: Terminal): (readonly [string, string])[] => [
  ['user', oneLine(key.user_id)],
  ['scopes', key.scopes.join(', ')],
  ['queues', key.queue_ids === null ? 'all' : key.queue_ids.join(', ')],
  ['expires', key.expires_at === null ? 'never' : when(key.expires_at, terminal, Date.now())],
  ['lane', key.lane === 0 ? '' : String(key.lane)],
  ['rate limit', key.rate_limit === null ? '' : `${key.rate_limit.requests} in ${key.rate_limit.seconds} s`],
];

function keyLines(keys: readonly KeyView[], terminal: Terminal, now: number): string[] {
  const { colors: c, columns: width } = terminal;
  const columns: Column<KeyView>[] = [
    { head: 'key', cell: ({ key_id }) => key_id },
    { head: 'name', cell: ({ name }) => oneLine(name), least: 8 },
    { head: 'user', cell: ({ user_id }) => oneLine(user_id), least: 6 },
    { head: 'scopes', cell: ({ scopes }) => scopes.join(','), least: 8 },
    { head: 'queues', cell: ({ queue_ids }) => queue_ids?.join(',') ?? '', least: 6 },
    { head: 'created', cell: ({ created_at }) => when(created_at, terminal, now) },
    { head: 'expires', cell: ({ expires_at }) => when(expires_at, terminal, now) },
    { head: 'state', cell: (key) => c.yellow(endOf(key, now) ?? (key.replaced_by ? 'rotated' : '')) },
  ];
  return tableLines(columns, keys, { width, head: c.dim });
}

function endOf({ revoked_at, expires_at }: KeyView, now: number): 'revoked' | 'expired' | null {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : null;
}
