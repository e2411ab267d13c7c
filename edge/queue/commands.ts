/**
 * Everything that changes a queue, by name: the routes, the object and the simulation call commands through this
 * table. A command runs inside a transaction (queue.ts), decides from rows, arguments, time and tokens, and throws a
 * Refusal to leave nothing behind.
 */
import type { InvocationCacheStatus } from '../../contract/queue/invocation-cache.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { MoveItemBody } from '../../contract/queue/order.ts';
import type { CanceledResult, DeletedResult, ProcessorStatus, RetryResult } from '../../contract/queue/queue.ts';
import type { CallbacksBody, CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimBody, ClaimResult } from '../../contract/runner/claim.ts';
import type { HeartbeatBody, HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import type { RegisterBody, RegisterResult, RunnerIdentity } from '../../contract/runner/register.ts';
import type { Principal } from '../../contract/store/key.ts';
import { applyCallbacks } from './callbacks.ts';
import { cancelAll, cancelAllExceptCurrent, cancelByBatchIds, cancelByDestination, cancelItem } from './cancel.ts';
import { type Children, enqueueChildren, type WorkflowCall } from './children.ts';
import { claim } from './claim.ts';
import { type CompiledBatch, type EnqueuedBatch, enqueue } from './enqueue.ts';
import { heartbeat } from './heartbeat.ts';
import { clearInvocationCache } from './invocation-cache.ts';
import { moveItem, setPriority } from './move.ts';
import { pause, resume } from './pause.ts';
import { clear, deleteAllExceptCurrent, deleteByDestination, deleteItem, prune } from './remove.ts';
import { type RetryInput, retryItems } from './retry.ts';
import { setTypes } from './runner-types.ts';
import { drainRunner, present, register } from './runners.ts';
import { settleChains } from './settle-chains.ts';
import { issueTicket, redeemTicket } from './tickets.ts';
import type { Turn } from './turn.ts';

export type Command<Input, Result> = (turn: Turn, principal: Principal, input: Input) => Result;

export const COMMANDS = {
  enqueue: (turn, _principal, batch: CompiledBatch): EnqueuedBatch => enqueue(turn, batch),
  cancel_item: (turn, principal, item_id: number): ItemSummary => cancelItem(turn, principal, item_id),
  cancel_by_batch_ids: (turn, principal, batch_ids: readonly string[]): CanceledResult =>
    cancelByBatchIds(turn, principal, batch_ids),
  cancel_by_destination: (turn, principal, destination: string): CanceledResult =>
    cancelByDestination(turn, principal, destination),
  cancel_all: (turn, principal, _input: null): CanceledResult => cancelAll(turn, principal),
  cancel_all_except_current: (turn, principal, _input: null): CanceledResult => cancelAllExceptCurrent(turn, principal),
  delete_item: (turn, principal, item_id: number): null => deleteItem(turn, principal, item_id),
  delete_by_destination: (turn, principal, destination: string): DeletedResult =>
    deleteByDestination(turn, principal, destination),
  delete_all_except_current: (turn, principal, _input: null): DeletedResult => deleteAllExceptCurrent(turn, principal),
  clear: (turn, principal, _input: null): DeletedResult => clear(turn, principal),
  prune: (turn, principal, _input: null): DeletedResult => prune(turn, principal),
  retry: (turn, principal, input: RetryInput): RetryResult => retryItems(turn, principal, input),
  set_priority: (turn, principal, input: { item_id: number; priority: number }): ItemSummary =>
    setPriority(turn, principal, input),
  move_item: (turn, principal, input: { item_id: number; beside: MoveItemBody }): ItemSummary =>
    moveItem(turn, principal, input),
  enqueue_children: (turn, _principal, call: WorkflowCall): Children => enqueueChildren(turn, call),

  empty_invocation_cache: (turn, _principal, _input: null): InvocationCacheStatus => clearInvocationCache(turn),

  pause: (turn, _principal, _input: null): ProcessorStatus => pause(turn),
  resume: (turn, _principal, _input: null): ProcessorStatus => resume(turn),
  drain_runner: (turn, _principal, runner_id: string): null => drainRunner(turn, runner_id),

  issue_ticket: (turn, principal, digest: string): number => issueTicket(turn, principal, digest),
  redeem_ticket: (turn, _principal, digest: string): Principal | null => redeemTicket(turn, digest),

  register: (turn, principal, body: RegisterBody): RegisterResult => register(turn, principal.key_id, body),
  set_types: (turn, principal, input: RunnerIdentity & Pick<RegisterBody, 'types'>): null =>
    setTypes(turn, present(turn, principal.key_id, input), input.types),
  claim: (turn, principal, body: ClaimBody): ClaimResult => claim(turn, present(turn, principal.key_id, body), body),
  callbacks(turn, principal, body: CallbacksBody): CallbacksResult {
    const runner = present(turn, principal.key_id, body);
    const answers = applyCallbacks(turn, runner.runner_no, body.entries);
    settleChains(turn);
    return body.claim ? { answers, claim: claim(turn, runner, body.claim) } : { answers };
  },
  heartbeat: (turn, principal, body: HeartbeatBody): HeartbeatResult =>
    heartbeat(turn, present(turn, principal.key_id, body), body),
  // biome-ignore lint/suspicious/noExplicitAny: each command has an input and a result of its own
} satisfies Record<string, Command<any, unknown>>;

export type CommandName = keyof typeof COMMANDS;
export type CommandInput<Name extends CommandName> = Parameters<(typeof COMMANDS)[Name]>[2];
export type CommandResult<Name extends CommandName> = ReturnType<(typeof COMMANDS)[Name]>;
