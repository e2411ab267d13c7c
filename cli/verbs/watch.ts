/** `watch`: the queue as it changes; a table on a terminal, else one line an event. */
import Table from 'cli-table3';
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { openTerminal, printJson, seconds, type Terminal } from '../terminal.ts';
import { QueuePicture, type RowOfQueue } from '../watch/queue-picture.ts';

export interface WatchOptions extends ConnectionOptions {
  item?: number;
  batch?: string;
  json?: boolean;
}

/** A person sees no more, and a busy queue would spend itself on drawing. */
const DRAW_EVERY_MS = 100;

export async function watch(options: WatchOptions): Promise<number> {
  const { queue } = connect(options);
  const { signal } = listenForInterrupt();
  const terminal = openTerminal({});
  const picture = new QueuePicture();
  picture.status = (await queue.status({ signal })).queue;
  const drawing = !options.json && terminal.interactive;
  const draw = () =>
    terminal.stream.write(`\x1b[H${page(picture, options.queue, terminal).replaceAll('\n', '\x1b[K\n')}\x1b[J`);
  if (drawing) terminal.stream.write('\x1b[?1049h\x1b[?25l');
  const redraw = drawing ? setInterval(draw, DRAW_EVERY_MS) : undefined;
  try {
    for await (const frame of queue.events({ signal })) {
      picture.take(frame);
      if (options.json) printJson(frame);
      else if (!drawing && frame.name === 'queue_item_status_changed')
        terminal.line(
          `${frame.timestamp} item ${frame.item_id} ${frame.status} ${frame.error_message ?? ''}`.trimEnd(),
        );
    }
  } finally {
    clearInterval(redraw);
    if (drawing) terminal.stream.write('\x1b[?1049l\x1b[?25h');
  }
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function page(picture: QueuePicture, queueId: string, { colors: c }: Terminal): string {
  const paint: Partial<Record<Status, (text: string) => string>> = {
    completed: c.green,
    failed: c.red,
    canceled: c.yellow,
    in_progress: c.cyan,
  };
  const shown = (status: Status) => (paint[status] ?? String)(status);
  const counters = STATUS_NAMES.map((status) => `${shown(status)} ${picture.status?.[status] ?? 0}`).join('   ');
  const table = new Table({
    head: ['item', 'status', 'progress', 'device', 'origin', 'time', ''],
    style: { head: [], border: [], compact: true },
  });
  for (const row of [...picture.running.values(), ...picture.recent])
    table.push([
      row.item_id,
      shown(row.status),
      row.percentage === null ? '' : bar(row.percentage),
      row.device ?? '',
      row.origin ?? '',
      timeOf(row),
      row.note.slice(0, 60),
    ]);
  return `${c.bold(`queue ${queueId}`)}   ${counters}\n\n${table}\n\nCtrl-C leaves.\n`;
}

function bar(part: number): string {
  const full = Math.round(part * 10);
  return '█'.repeat(full) + '░'.repeat(10 - full);
}

function timeOf({ started_at, completed_at }: RowOfQueue): string {
  if (started_at === null) return '';
  const end = completed_at === null ? Date.now() : Date.parse(completed_at);
  return seconds(Math.max(0, end - Date.parse(started_at)) / 1_000);
}
