/** `position`, `move` and `priority`: where an item stands among those that wait, and how that is changed. */
import type { QueueClient } from '../../client/queue.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { openTerminal, printJson } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export function position(item_id: number, options: Options): Promise<number> {
  return tell(connect(options).queue, item_id, options);
}

export async function move(
  item_id: number,
  { before, after, ...options }: Options & { before?: number; after?: number },
): Promise<number> {
  const beside = before !== undefined ? { before } : after !== undefined ? { after } : null;
  if (beside === null) throw new UsageError('Say where to: --before ID or --after ID.');
  const { queue } = connect(options);
  await queue.move(item_id, beside);
  return tell(queue, item_id, options);
}

export async function priority(item_id: number, value: number, options: Options): Promise<number> {
  const { queue } = connect(options);
  await queue.setPriority(item_id, value);
  return tell(queue, item_id, options);
}

async function tell(queue: QueueClient, item_id: number, options: Options): Promise<number> {
  const found = await queue.position(item_id);
  if (options.json) printJson(found);
  else openTerminal(options).line(`item ${item_id}  ${sentence(found)}`);
  return EXIT.ok;
}

const sentence = ({ position, total }: Awaited<ReturnType<QueueClient['position']>>): string => {
  if (position === null) return 'does not wait any more';
  return position === 0 ? `is next of ${total} pending` : `${position} run before it, of ${total} pending`;
};
