/** Everything that looks at a queue and changes nothing, by name, as commands.ts does for what changes it. */
import type { Capacity } from '../../contract/queue/capacity.ts';
import type { InvocationCacheStatus } from '../../contract/queue/invocation-cache.ts';
import type { ItemPosition } from '../../contract/queue/order.ts';
import type { BatchStatus, CountsByDestination, QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import type { ItemLogs, ItemStats } from '../../contract/queue/statistics.ts';
import type { Principal } from '../../contract/store/key.ts';
import { readableAssets } from './asset-reads.ts';
import { capacity } from './capacity.ts';
import { type KeptAnswer, keptAnswer } from './idempotency.ts';
import { invocationCacheStatus } from './invocation-cache.ts';
import { type InvocationPage, type InvocationQuery, listInvocations } from './invocation-reads.ts';
import { type ItemPageRows, type ListQuery, listItems } from './item-list.ts';
import {
  type ItemIds,
  type ItemIdsQuery,
  type ItemOrder,
  type ItemOrderQuery,
  itemIds,
  itemOrder,
} from './item-order.ts';
import {
  type ItemDetails,
  type ItemsQuery,
  readCurrent,
  readItem,
  readItemsByIds,
  type WholeItem,
} from './item-reads.ts';
import { metrics, type QueueMetrics } from './metrics.ts';
import { position, readNext } from './position.ts';
import { readLogs, readStats } from './run-reports.ts';
import { batchStatus, countsByDestination, queueStatus } from './status.ts';
import type { QueueContext } from './turn.ts';

/** `now` is when the read is made: what is shown may depend on it, what is stored does not. */
export type Read<Input, Result> = (context: QueueContext, principal: Principal, input: Input, now: number) => Result;

export const READS = {
  item: (context, principal, item_id: number): WholeItem => readItem(context, principal, item_id),
  current: (context, principal, _input: null): WholeItem | null => readCurrent(context, principal),
  items: (context, principal, query: ListQuery): ItemPageRows => listItems(context, principal, query),
  items_by_ids: (context, principal, query: ItemsQuery): ItemDetails => readItemsByIds(context, principal, query),
  item_ids: (context, _principal, query: ItemIdsQuery): ItemIds => itemIds(context, query),
  item_order: (context, principal, query: ItemOrderQuery): ItemOrder => itemOrder(context, principal, query),
  invocations: (context, principal, query: InvocationQuery): InvocationPage =>
    listInvocations(context, principal, query),
  stats: (context, principal, item_id: number): ItemStats => readStats(context, principal, item_id),
  logs: (context, principal, item_id: number): ItemLogs => readLogs(context, principal, item_id),
  status: (context, principal, _input: null): QueueAndProcessorStatus => queueStatus(context, principal),
  batch_status: (context, principal, batch_id: string): BatchStatus => batchStatus(context, principal, batch_id),
  counts_by_destination: (context, principal, destination: string): CountsByDestination =>
    countsByDestination(context, principal, destination),
  metrics: (context, _principal, _input: null, now): QueueMetrics => metrics(context, now),
  capacity: (context, _principal, _input: null, now): Capacity => capacity(context, now),
  invocation_cache: (context, _principal, _input: null): InvocationCacheStatus => invocationCacheStatus(context),
  next: (context, principal, _input: null, now): WholeItem | null => readNext(context, principal, now),
  position: (context, principal, item_id: number, now): ItemPosition => position(context, principal, item_id, now),
  readable_assets: (context, principal, asset_names: readonly string[]): string[] =>
    readableAssets(context, principal, asset_names),
  kept_answer: ({ sql }, _principal, key: string): KeptAnswer | null => keptAnswer(sql, key),
  // biome-ignore lint/suspicious/noExplicitAny: each read has an input and a result of its own
} satisfies Record<string, Read<any, unknown>>;

export type ReadName = keyof typeof READS;
export type ReadInput<Name extends ReadName> = Parameters<(typeof READS)[Name]>[2];
export type ReadResult<Name extends ReadName> = ReturnType<(typeof READS)[Name]>;
