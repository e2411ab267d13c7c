/** Everything that looks at a queue and changes nothing, by name, as commands.ts does for what changes it. */
import type { BatchStatus, QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import type { Principal } from '../../contract/store/key.ts';
import { readableAssets } from './asset-reads.ts';
import { type ItemDetail, type ItemPageRows, type ListQuery, listItems, readItem } from './item-reads.ts';
import { batchStatus, queueStatus } from './status.ts';
import type { QueueContext } from './turn.ts';

/** `now` is when the read is made: what is shown may depend on it, what is stored does not. */
export type Read<Input, Result> = (context: QueueContext, principal: Principal, input: Input, now: number) => Result;

export const READS = {
  item: (context, principal, item_id: number): ItemDetail => readItem(context, principal, item_id),
  items: (context, principal, query: ListQuery): ItemPageRows => listItems(context, principal, query),
  status: (context, principal, _input: null): QueueAndProcessorStatus => queueStatus(context, principal),
  batch_status: (context, principal, batch_id: string): BatchStatus => batchStatus(context, principal, batch_id),
  readable_assets: (context, principal, asset_names: readonly string[]): string[] =>
    readableAssets(context, principal, asset_names),
  // biome-ignore lint/suspicious/noExplicitAny: each read has an input and a result of its own
} satisfies Record<string, Read<any, unknown>>;

export type ReadName = keyof typeof READS;
export type ReadInput<Name extends ReadName> = Parameters<(typeof READS)[Name]>[2];
export type ReadResult<Name extends ReadName> = ReturnType<(typeof READS)[Name]>;
