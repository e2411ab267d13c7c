/** `clear` and `prune`: items that are removed, after a question. */

import { confirm } from '../confirm.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

const QUESTIONS = {
  clear: (queueId: string) => `Cancel what is active in queue ${queueId} and remove every item with its results?`,
  prune: (queueId: string) => `Remove every item of queue ${queueId} that has ended, with its results?`,
} as const;

export async function remove(
  verb: keyof typeof QUESTIONS,
  options: ConnectionOptions & { json?: boolean; yes?: boolean },
): Promise<number> {
  const { queue } = connect(options);
  await confirm(QUESTIONS[verb](queue.queue_id), options);
  const result = await queue[verb]();
  if (options.json) printJson(result);
  else openTerminal(options).line(`${count(result.deleted, 'item')} removed.`);
  return EXIT.ok;
}
