/** `queues`: the queues of the account, their settings, and their end. */
import { DEFAULT_QUEUE_SETTINGS, type Queue, type QueueLocation } from '../../contract/queue/queue.ts';
import { confirm } from '../confirm.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Column, tableLines } from '../output/table.ts';
import { parseSettings, SETTING_NAMES, settingMeaning } from '../settings.ts';
import { openTerminal, printJson, type Terminal, when } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export async function list(options: Options): Promise<number> {
  const queues = await connect(options).client.queues.list();
  if (options.json) printJson(queues);
  else {
    const terminal = openTerminal(options);
    const { colors: c, columns: width } = terminal;
    const now = Date.now();
    const columns: Column<Queue>[] = [
      { head: 'queue', cell: ({ queue_id }) => queue_id, least: 10 },
      { head: 'order', cell: ({ settings }) => settings.order },
      { head: 'room', cell: ({ settings }) => String(settings.max_queue_size), align: 'right' },
      { head: 'near', cell: ({ location }) => location ?? '' },
      { head: 'created', cell: ({ created_at }) => when(created_at, terminal, now) },
      { head: 'set', cell: ({ settings }) => changedOf(settings).join(' '), least: 8 },
    ];
    for (const line of tableLines(columns, queues, { width, head: c.dim })) terminal.line(line);
  }
  return EXIT.ok;
}

/** What it has that others do not have by themselves. */
const changedOf = (settings: Queue['settings']): string[] =>
  SETTING_NAMES.filter((name) => settings[name] !== DEFAULT_QUEUE_SETTINGS[name]).map(
    (name) => `${name}=${settings[name] ?? 'none'}`,
  );

export async function show(queueId: string | undefined, options: Options): Promise<number> {
  tell(await connect(options).client.queues.get(queueId ?? options.queue), options);
  return EXIT.ok;
}

export async function create(
  queue_id: string,
  { set = [], location, ...options }: Options & { set?: string[]; location?: QueueLocation },
): Promise<number> {
  const body = { queue_id, settings: parseSettings(set), ...(location === undefined ? {} : { location }) };
  tell(await connect(options).client.queues.create(body), options);
  return EXIT.ok;
}

export async function change(
  queueId: string | undefined,
  { set = [], ...options }: Options & { set?: string[] },
): Promise<number> {
  if (set.length === 0) throw new UsageError(`Say what to set: --set name=value, with ${SETTING_NAMES.join(', ')}.`);
  tell(await connect(options).client.queues.update(queueId ?? options.queue, parseSettings(set)), options);
  return EXIT.ok;
}

export async function remove(
  queueId: string,
  { force = false, yes, ...options }: Options & { force?: boolean; yes?: boolean },
): Promise<number> {
  const { client } = connect(options);
  await confirm(`Delete queue ${queueId} with everything in it?`, { yes });
  await client.queues.delete(queueId, { force });
  if (options.json) printJson({ queue_id: queueId, deleted: true });
  else openTerminal(options).line(`Queue ${queueId} is deleted.`);
  return EXIT.ok;
}

function tell(queue: Queue, options: Options): void {
  if (options.json) printJson(queue);
  else {
    const terminal = openTerminal(options);
    for (const line of lines(queue, terminal)) terminal.line(line);
  }
}

function lines({ queue_id, settings, location, created_at }: Queue, terminal: Terminal): string[] {
  const { colors: c, columns: width } = terminal;
  const isOwn = (name: keyof Queue['settings']) => settings[name] !== DEFAULT_QUEUE_SETTINGS[name];
  const columns: Column<(typeof SETTING_NAMES)[number]>[] = [
    { head: 'setting', cell: (name) => name },
    {
      head: 'value',
      cell: (name) => (isOwn(name) ? c.bold : String)(String(settings[name] ?? 'none')),
      align: 'right',
    },
    { head: 'what', cell: (name) => c.dim(settingMeaning(name)), least: 10 },
  ];
  const where = location === null ? '' : `, near ${location}`;
  return [
    `${c.bold(`queue ${queue_id}`)}  ${c.dim(`created ${when(created_at, terminal, Date.now())}${where}`)}`,
    '',
    ...tableLines(columns, SETTING_NAMES, { width, head: c.dim }),
  ];
}
