/** `cancel`: items, or what is not final of a batch, of a destination, or at all. */
import type { QueueClient } from '../../client/queue.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { paintStatus } from '../output/status-bar.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

export interface CancelOptions extends ConnectionOptions {
  batch?: string;
  destination?: string;
  all?: boolean;
  exceptCurrent?: boolean;
  json?: boolean;
}

export async function cancel(ids: readonly number[], options: CancelOptions): Promise<number> {
  const many = manyOf(options);
  if (ids.length > 0 === (many !== null))
    throw new UsageError('Say what to cancel, in one way: ids of items, --batch ID, --destination TEXT, or --all.');
  if (options.exceptCurrent && !options.all) throw new UsageError('--except-current goes with --all.');
  const { queue } = connect(options);
  const terminal = openTerminal(options);
  if (many !== null) {
    const result = await many(queue);
    if (options.json) printJson(result);
    else terminal.line(`${count(result.canceled, 'item')} canceled.`);
    return EXIT.ok;
  }
  const items: Pick<ItemSummary, 'item_id' | 'status'>[] = [];
  for (const id of ids) {
    const { item_id, status } = await queue.cancel(id);
    items.push({ item_id, status });
    const ended = status === 'canceled' ? '' : '  had ended before';
    if (!options.json) terminal.line(`item ${item_id}  ${paintStatus(terminal.colors, status)}${ended}`);
  }
  if (options.json) printJson({ items });
  return EXIT.ok;
}

function manyOf({ batch, destination, all, exceptCurrent }: CancelOptions) {
  const ways = [
    ...(batch === undefined ? [] : [(queue: QueueClient) => queue.cancelByBatchIds([batch])]),
    ...(destination === undefined ? [] : [(queue: QueueClient) => queue.cancelByDestination(destination)]),
    ...(all ? [(queue: QueueClient) => (exceptCurrent ? queue.cancelAllExceptCurrent() : queue.cancelAll())] : []),
  ];
  const [way, ...others] = ways;
  if (others.length > 0) throw new UsageError('One of --batch, --destination and --all is enough.');
  return way ?? null;
}
