/** `runners`: who works on a queue, and how one is told to finish and go. */
import type { RunnerView } from '../../contract/queue/queue.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { type Column, tableLines } from '../output/table.ts';
import { oneLine } from '../output/text.ts';
import { openTerminal, printJson, type Terminal, when } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export async function list(options: Options): Promise<number> {
  const runners = await connect(options).queue.runners();
  if (options.json) printJson(runners);
  else {
    const terminal = openTerminal(options);
    if (runners.length === 0) terminal.line('No runner. `switchyard runner --url U --key K` starts one.');
    else for (const line of runnerLines(runners, terminal, Date.now())) terminal.line(line);
  }
  return EXIT.ok;
}

export async function drain(runner_id: string, options: Options): Promise<number> {
  await connect(options).queue.drainRunner(runner_id);
  if (options.json) printJson({ runner_id, draining: true });
  else openTerminal(options).line(`${runner_id} finishes what it runs, and goes.`);
  return EXIT.ok;
}

/** A table of them; `status` shows it too. */
export function runnerLines(runners: readonly RunnerView[], terminal: Terminal, now: number): string[] {
  const { colors: c } = terminal;
  const columns: Column<RunnerView>[] = [
    { head: 'runner', cell: ({ runner_id }) => oneLine(runner_id), least: 12 },
    { head: 'name', cell: ({ name }) => oneLine(name), least: 8 },
    { head: 'devices', cell: ({ devices }) => oneLine(devices.join(', ')), least: 6 },
    { head: 'holds', cell: ({ leased }) => String(leased), align: 'right' },
    {
      head: 'state',
      cell: ({ connected, draining }) =>
        draining ? c.yellow('draining') : connected ? c.green('connected') : c.dim('away'),
    },
    { head: 'seen', cell: ({ last_seen_at }) => when(last_seen_at, terminal, now) },
  ];
  return tableLines(columns, runners, { width: terminal.columns, head: c.dim });
}
