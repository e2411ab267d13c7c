/** `pause` and `resume`: whether a queue hands out work. */
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { openTerminal, printJson } from '../terminal.ts';

export async function processor(
  verb: 'pause' | 'resume',
  options: ConnectionOptions & { json?: boolean },
): Promise<number> {
  const { queue } = connect(options);
  const now = await queue[verb]();
  if (options.json) printJson(now);
  else
    openTerminal(options).line(
      now.is_started
        ? `Queue ${queue.queue_id} hands out work.`
        : `Queue ${queue.queue_id} is paused: ${now.is_processing ? 'what runs goes on, ' : ''}nothing starts until \`switchyard resume\`.`,
    );
  return EXIT.ok;
}
