/** `status`: what a queue holds, whether it hands out work, and who works on it. */
import type { QueueAndProcessorStatus, RunnerView } from '../../contract/queue/queue.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { statusBar, statusCounts } from '../output/status-bar.ts';
import { factLines } from '../output/table.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson, type Terminal } from '../terminal.ts';
import { runnerLines } from './runners.ts';

const BAR_COLUMNS = 60;

export async function status(options: ConnectionOptions & { json?: boolean }): Promise<number> {
  const { queue } = connect(options);
  const [counters, runners] = await Promise.all([queue.status(), queue.runners()]);
  if (options.json) printJson({ ...counters, runners });
  else {
    const terminal = openTerminal(options);
    for (const line of picture(counters, runners, terminal)) terminal.line(line);
  }
  return EXIT.ok;
}

function picture(
  { queue, processor }: QueueAndProcessorStatus,
  runners: readonly RunnerView[],
  terminal: Terminal,
): string[] {
  const { colors: c, columns } = terminal;
  const processing = processor.is_processing ? c.cyan('running') : 'idle';
  const state = processor.is_started ? processing : c.yellow('paused: nothing starts until `switchyard resume`');
  const own = [
    queue.user_pending ? `${queue.user_pending} pending` : '',
    queue.user_in_progress ? `${queue.user_in_progress} in progress` : '',
  ];
  return [
    `${c.bold(`queue ${queue.queue_id}`)}  ${state}`,
    ...(queue.total > 0
      ? ['', `  ${statusBar(queue, Math.min(BAR_COLUMNS, columns - 2), c)}`, `  ${statusCounts(queue, c)}`]
      : []),
    '',
    ...factLines(
      [
        ['items', queue.total > 0 ? String(queue.total) : 'none; `switchyard run FILE` enqueues some'],
        ['yours', own.filter(Boolean).join(', ')],
        ['current', queue.item_id === null ? '' : `item ${queue.item_id}`],
        ['runners', runners.length > 0 ? count(runners.length, 'runner') : c.yellow('none: nothing will run')],
      ],
      c.dim,
    ),
    ...(runners.length > 0 ? ['', ...runnerLines(runners, terminal, Date.now())] : []),
  ];
}
