/**
 * What a runner reports, batched. Every entry quotes its lease and is answered by itself, so that a bad entry
 * never fails its neighbours. Order matters within an item only.
 */
import { z } from 'zod';
import { NodeOutput } from '../graph/graph.ts';
import { CALLBACK_ENTRIES_MAX, INVOCATION_SECONDS_MAX } from '../limits.ts';
import { InvocationId, Timestamp } from '../names.ts';
import { ItemError } from '../queue/item.ts';
import { RunReport } from '../queue/statistics.ts';
import { ClaimRequest, ClaimResult, Lease } from './claim.ts';
import { RunnerIdentity } from './register.ts';

const SessionStarted = Lease.extend({ kind: z.literal('session_started'), device: z.string().max(64) });

const InvocationStarted = Lease.extend({
  kind: z.literal('invocation_started'),
  invocation_id: InvocationId,
  at: Timestamp,
});

const InvocationDone = Lease.extend({
  invocation_id: InvocationId,
  started_at: Timestamp,
  completed_at: Timestamp,
  seconds: z.number().min(0).max(INVOCATION_SECONDS_MAX),
});

const InvocationComplete = InvocationDone.extend({
  kind: z.literal('invocation_complete'),
  result: NodeOutput,
  cached: z.boolean().default(false),
  keep: z
    .boolean()
    .optional()
    .describe('worth keeping: everything that it follows from is deterministic, and it took time'),
});

const InvocationError = InvocationDone.extend({ kind: z.literal('invocation_error'), error: ItemError });

const SessionComplete = Lease.extend({
  kind: z.literal('session_complete'),
  results: z.int().min(0).describe('how many recorded invocations the completion follows'),
});

const SessionFailed = Lease.extend({
  kind: z.literal('session_failed'),
  results: z.int().min(0),
  error: ItemError,
});

/** Statistics and log of this run. It comes before the run's last entry, and changes nothing but what is shown. */
const SessionReport = Lease.extend({ kind: z.literal('session_report'), report: RunReport });

/** Gives the lease back: drained, recalled, or a device that must restart. A started item is requeued, uncharged. */
const SessionReleased = Lease.extend({ kind: z.literal('session_released'), reason: z.string().max(256) });

/** The device has stopped working on an item that was canceled. Frees the lease; the item is final already. */
const SessionStopped = Lease.extend({ kind: z.literal('session_stopped') });

export const CallbackEntry = z
  .discriminatedUnion('kind', [
    SessionStarted,
    InvocationStarted,
    InvocationComplete,
    InvocationError,
    SessionReport,
    SessionComplete,
    SessionFailed,
    SessionReleased,
    SessionStopped,
  ])
  .meta({ id: 'CallbackEntry' });
export type CallbackEntry = z.infer<typeof CallbackEntry>;
export type CallbackKind = CallbackEntry['kind'];

/**
 * recorded   it changed the queue.
 * repeated   the same entry was recorded before under this lease; nothing changed.
 * stale      the lease ended (a newer fence, a wrong token, another runner): stop and discard.
 * gone       the item is final or deleted: stop and discard.
 * premature  it follows entries that have not arrived: send those first, then this again.
 * invalid    the entry does not fit the item's graph or the limits; `detail` says how. Repeating it is useless.
 */
export const CALLBACK_ANSWERS = ['recorded', 'repeated', 'stale', 'gone', 'premature', 'invalid'] as const;
export type CallbackAnswer = (typeof CALLBACK_ANSWERS)[number];

export const CallbacksBody = RunnerIdentity.extend({
  entries: z.array(CallbackEntry).max(CALLBACK_ENTRIES_MAX),
  claim: ClaimRequest.optional().describe('complete and claim in one request'),
}).meta({ id: 'CallbacksBody' });
export type CallbacksBody = z.infer<typeof CallbacksBody>;

export const CallbacksResult = z
  .object({
    answers: z.array(z.object({ answer: z.enum(CALLBACK_ANSWERS), detail: z.string().optional() })),
    claim: ClaimResult.optional(),
  })
  .meta({ id: 'CallbacksResult' });
export type CallbacksResult = z.infer<typeof CallbacksResult>;
