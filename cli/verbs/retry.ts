/** `retry`: failed and canceled items as new ones. */
import { IDS_PER_REQUEST_MAX } from '../../contract/limits.ts';
import type { RetryResult } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES } from '../../contract/queue/status.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

export interface RetryOptions extends ConnectionOptions {
  batch?: string;
  json?: boolean;
}

/** What may be run anew: what ended without its results. */
const RETRIED = STATUS_NAMES.filter((status) => isFinal(status) && status !== 'completed');

export async function retry(ids: readonly number[], options: RetryOptions): Promise<number> {
  const { queue } = connect(options);
  if (ids.length > 0 === (options.batch !== undefined))
    throw new UsageError('Say what to retry, in one way: ids of items, or --batch ID for what failed of a batch.');
  const wanted = [...ids];
  if (options.batch !== undefined)
    for (const status of RETRIED)
      for await (const { item_id } of queue.items({ batch_id: options.batch, status })) wanted.push(item_id);
  wanted.sort((a, b) => a - b);
  const result: RetryResult = { queue_id: queue.queue_id, retried_item_ids: [], new_item_ids: [] };
  for (let at = 0; at < wanted.length; at += IDS_PER_REQUEST_MAX) {
    const { retried_item_ids, new_item_ids } = await queue.retry(wanted.slice(at, at + IDS_PER_REQUEST_MAX));
    result.retried_item_ids.push(...retried_item_ids);
    result.new_item_ids.push(...new_item_ids);
  }
  if (options.json) printJson(result);
  else {
    const terminal = openTerminal(options);
    for (const [at, id] of result.retried_item_ids.entries())
      terminal.line(`item ${id}  is item ${result.new_item_ids[at]} now`);
    const left = ids.length - result.retried_item_ids.length;
    if (left > 0)
      terminal.line(`${count(left, 'item')} left as they are: only what failed or was canceled is retried.`);
    else if (wanted.length === 0) terminal.line('Nothing of it failed or was canceled.');
  }
  return EXIT.ok;
}
