/**
 * Deliberate faults: each must be caught by the default seeds, most often by the invariant that it was made for. A patch
 * stands for a mistake that somebody could make; it is applied to the source as it is loaded (break.ts).
 */
import type { Invariant } from './violation.ts';

export interface Breakage {
  name: string;
  /** From the root of the repository. */
  file: string;
  /** Texts that stand there once, and what stands there instead. */
  patches: readonly (readonly [find: string, replace: string])[];
  /** What may catch it: which comes first depends on the seed. */
  caughtBy: readonly Invariant[];
}

const queue = (file: string): string => `edge/queue/${file}`;

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'the fence is not checked',
    file: queue('callback.ts'),
    patches: [['if (item.fence !== entry.fence || item.token !== entry.token)', 'if (item.token !== entry.token)']],
    caughtBy: ['one-live-fence', 'final-stays-final'],
  },
  {
    name: 'the token is not checked',
    file: queue('callback.ts'),
    patches: [['if (item.fence !== entry.fence || item.token !== entry.token)', 'if (item.fence !== entry.fence)']],
    caughtBy: ['one-live-fence', 'final-stays-final'],
  },
  {
    name: 'any runner may report',
    file: queue('callback.ts'),
    patches: [["if (item.runner_no !== situation.runner_no) return unchanged('stale', 'The lease ended.');", '']],
    caughtBy: ['one-live-fence', 'final-stays-final'],
  },
  {
    name: 'a completion counts before its results',
    file: queue('callback.ts'),
    patches: [
      [
        "case 'session_complete':\n      if (entry.results > item.results)",
        "case 'session_complete':\n      if (entry.results < 0)",
      ],
    ],
    caughtBy: ['answers-are-true'],
  },
  {
    name: 'a result is recorded twice',
    file: queue('callbacks.ts'),
    patches: [
      [
        'isRecorded: (invocation_id) => recorded.has(recordKey(entry.item_id, invocation_id)),',
        'isRecorded: () => false,',
      ],
      ['`INSERT INTO invocations (', '`INSERT OR REPLACE INTO invocations ('],
    ],
    caughtBy: ['recorded-once'],
  },
  {
    name: 'a report is kept again',
    file: queue('callback.ts'),
    patches: [["isReported() ? unchanged('repeated') : ", "!isReported ? unchanged('repeated') : "]],
    caughtBy: ['reports-belong-to-runs', 'no-defect'],
  },
  {
    name: 'reports outlive their items',
    file: queue('collection.ts'),
    patches: [[' || !forgetReports(sql, ids)', '']],
    caughtBy: ['reports-belong-to-runs'],
  },
  {
    name: 'a session starts from nothing again',
    file: queue('claim.ts'),
    patches: [['results: resultsOf(row),\n', 'results: [],\n']],
    caughtBy: ['recorded-once'],
  },
  {
    name: 'the log and the counters are written after the commit',
    file: queue('queue.ts'),
    patches: [
      [
        'return this.sql.transaction(() => {',
        'let kept: Turn | null = null; const outcome = this.sql.transaction(() => {',
      ],
      ['const log = turn.finish();', 'const log = null as LogRow | null; kept = turn;'],
      [
        '    } catch (error) {\n      if (!(error instanceof Refusal)) throw error;\n      return { value: { ok: false, problem: error.problem }, log: null',
        '      return { ...outcome, log: kept.finish() };\n    } catch (error) {\n      if (!(error instanceof Refusal)) throw error;\n      return { value: { ok: false, problem: error.problem }, log: null',
      ],
    ],
    caughtBy: ['all-or-nothing', 'sequence-without-gap', 'moves-are-announced'],
  },
  {
    name: 'there is no transaction',
    file: queue('storage.ts'),
    patches: [['return this.#storage.transactionSync(body);', 'return body();']],
    caughtBy: ['all-or-nothing'],
  },
  {
    name: 'a sequence number is left out',
    file: queue('turn.ts'),
    patches: [['      this.facts.length,\n', '      this.facts.length + (this.facts.length > 3 ? 1 : 0),\n']],
    caughtBy: ['sequence-without-gap'],
  },
  {
    name: 'a requeue is not counted',
    file: queue('items.ts'),
    patches: [
      [
        '  turn.move(after, before.status, after.status);',
        "  if (after.status !== 'pending') turn.move(after, before.status, after.status);",
      ],
    ],
    caughtBy: ['counters-equal-rows'],
  },
  {
    name: 'nobody is woken',
    file: queue('queue.ts'),
    patches: [['        wakes(turn);\n', '']],
    caughtBy: ['work-wakes-runners'],
  },
  {
    name: 'what was requeued wakes nobody',
    file: queue('items.ts'),
    patches: [["  if (after.status === 'pending') turn.madeClaimable(after.backlog_no);\n", '']],
    caughtBy: ['work-wakes-runners'],
  },
  {
    name: 'the alarm forgets the runners',
    file: queue('sweep.ts'),
    patches: [['(SELECT MIN(expires_at) FROM runners WHERE expires_at IS NOT NULL)', 'NULL']],
    caughtBy: ['alarm-covers-deadline'],
  },
  {
    name: 'a heartbeat frees nothing',
    file: queue('heartbeat.ts'),
    patches: [["  freeLeases(turn, runner, missing, 'unnamed');\n", '']],
    caughtBy: ['one-live-fence'],
  },
  {
    name: 'a heartbeat frees what is under way',
    file: queue('heartbeat.ts'),
    patches: [['behind === 1 ?', 'behind === 7 ?']],
    caughtBy: ['one-live-fence'],
  },
  {
    name: 'a repeated claim is granted anew',
    file: queue('claim.ts'),
    patches: [['request.claim > runner.claim_no;', 'request.claim >= runner.claim_no;']],
    caughtBy: ['claims-repeat'],
  },
  {
    name: 'a canceled item keeps its lease',
    file: queue('callback.ts'),
    patches: [["...(status === 'in_progress' ? {} :", "...(status === 'in_progress' || status === 'canceled' ? {} :"]],
    caughtBy: ['one-live-fence'],
  },
  {
    name: 'cancel reaches what has ended',
    file: queue('cancel.ts'),
    patches: [
      [
        'const active = ranges.filter((range) => !isFinal(range.status));',
        "const active = ranges.filter((range) => range.status !== 'canceled');",
      ],
    ],
    caughtBy: ['final-stays-final'],
  },
  {
    name: 'there is no grace after an outage',
    file: queue('sweep.ts'),
    patches: [['if (now - due > OUTAGE_MS) {', 'if (now < 0) {']],
    caughtBy: ['one-live-fence'],
  },
  {
    name: 'a resumed stream begins one event late',
    file: queue('stream.ts'),
    patches: [
      [
        "mode === 'replay' && after !== null ? after : sequence;",
        "mode === 'replay' && after !== null ? after + 1 : sequence;",
      ],
    ],
    caughtBy: ['streams-are-whole', 'clients-converge'],
  },
  {
    name: 'a log that has forgotten passes for a whole one',
    file: queue('log-page.ts'),
    patches: [
      ['if (!first || first.sequence - first.count > after) return null;', 'if (!first) return null;'],
      ['return next ? next.before <= after : after === lastSequence(sql);', 'return next !== null;'],
    ],
    caughtBy: ['streams-are-whole', 'clients-converge'],
  },
  {
    name: 'work starts before its time',
    file: queue('backlog-times.ts'),
    patches: [['start_after > 0 AND start_after <= ? ORDER', 'start_after > 0 AND start_after <= ? + 60000 ORDER']],
    caughtBy: ['grants-are-allowed', 'alarm-covers-deadline'],
  },
  {
    name: 'a paused queue grants',
    file: queue('allowance.ts'),
    patches: [[' || isPaused(sql)', '']],
    caughtBy: ['grants-are-allowed'],
  },
  {
    name: 'priority is ignored',
    file: queue('choice.ts'),
    patches: [['export const CLAIM_ORDER = `items.priority DESC, ', 'export const CLAIM_ORDER = `']],
    caughtBy: ['grants-are-allowed'],
  },
  {
    name: 'a charge is not given back',
    file: queue('items.ts'),
    patches: [['turn.serve(item, (item.seconds ?? 0) - (item.charge ?? 0));', '']],
    caughtBy: ['service-is-settled'],
  },
  {
    name: 'a key is forgotten',
    file: queue('enqueue.ts'),
    patches: [['if (batch.idempotency) remember(turn, batch.idempotency, answer);', '']],
    caughtBy: ['enqueued-once'],
  },
  {
    name: 'an event says what is now, not what was',
    file: queue('telling.ts'),
    patches: [['      status,\n      status_sequence,\n      device,\n      updated_at: at,', '      updated_at: at,']],
    caughtBy: ['replay-equals-live', 'streams-are-whole'],
  },
  {
    name: 'an event leaves out its last item',
    file: queue('render.ts'),
    patches: [['id <= last; id++', 'id < last; id++']],
    caughtBy: ['clients-converge', 'streams-are-whole'],
  },
  {
    name: 'deadlines pass unnoticed',
    file: queue('sweep.ts'),
    patches: [['  endAtDeadline(turn);\n', '']],
    caughtBy: ['time-limits-end-items'],
  },
  {
    name: 'a parent waits for ever',
    file: queue('settle-chains.ts'),
    patches: [["if (parent?.status !== 'waiting') return;", 'if (parent) return;']],
    caughtBy: ['time-limits-end-items'],
  },
  {
    name: 'a heartbeat says that there is no work',
    file: queue('heartbeat.ts'),
    patches: [['const claimable = !body.draining && hasWork(turn, runner)', 'const claimable = false']],
    caughtBy: ['what-can-run-runs'],
  },
  {
    name: 'a removed item takes its row along',
    file: queue('remove.ts'),
    patches: [
      [
        "'UPDATE items SET deleted = 1 FROM json_each(?1) AS range WHERE item_id BETWEEN range.value->>0 AND range.value->>1'",
        "'DELETE FROM items WHERE item_id IN (SELECT item_id FROM json_each(?1) AS range JOIN items ON item_id BETWEEN range.value->>0 AND range.value->>1)'",
      ],
    ],
    caughtBy: ['replay-equals-live', 'streams-are-whole', 'clients-converge'],
  },
  {
    name: 'the log is forgotten from its middle',
    file: queue('log.ts'),
    patches: [
      [
        'AND sequence < (SELECT COALESCE(MIN(sequence), ?5) FROM oldest WHERE NOT old) RETURNING 1',
        'AND sequence IN (SELECT sequence FROM oldest WHERE old AND ?5 > 0) RETURNING 1',
      ],
    ],
    caughtBy: ['sequence-without-gap', 'streams-are-whole'],
  },
  {
    name: 'nobody looks whether a result is recorded already',
    file: queue('callbacks.ts'),
    patches: [
      [
        'isRecorded: (invocation_id) => recorded.has(recordKey(entry.item_id, invocation_id)),',
        'isRecorded: () => false,',
      ],
    ],
    caughtBy: ['no-defect'],
  },
  {
    name: 'prune takes what has not ended',
    file: queue('remove.ts'),
    patches: [['reach(principal), FINAL), FINAL);', 'reach(principal), STATUS_NAMES), STATUS_NAMES);']],
    caughtBy: ['no-item-lost'],
  },
  {
    name: 'results of other users are taken',
    file: queue('invocation-cache.ts'),
    patches: [["return invocation_cache === 'shared' ?", "return invocation_cache !== 'off' ?"]],
    caughtBy: ['taken-is-the-same-work'],
  },
  {
    name: 'results of removed items are taken',
    file: queue('invocation-cache.ts'),
    patches: [['ON items.item_id = entry.item_id AND items.deleted IS NULL', 'ON items.item_id = entry.item_id']],
    caughtBy: ['taken-is-the-same-work'],
  },
  {
    name: 'values of a batch do not count for what is taken',
    file: queue('invocation-cache.ts'),
    patches: [['const keyOf = keys.of(values);', 'const keyOf = keys.of([]);']],
    caughtBy: ['taken-is-the-same-work'],
  },
  {
    name: 'what was forgotten comes back with sessions of before',
    file: queue('invocation-cache.ts'),
    patches: [[' || since <= cache_since', '']],
    caughtBy: ['taken-is-the-same-work'],
  },
  {
    name: 'a start is not announced',
    file: queue('items.ts'),
    patches: [["  turn.facts.push(['status',", "  if (after.status !== 'in_progress') turn.facts.push(['status',"]],
    caughtBy: ['moves-are-announced'],
  },
  {
    name: 'the first runner that is lost costs the item',
    file: queue('leases.ts'),
    patches: [['if (item.charged < turn.settings.max_attempts)', 'if (item.charged < 1)']],
    caughtBy: ['moves-have-a-reason'],
  },
  {
    name: 'an event tells of the last change, not of its own',
    file: queue('telling.ts'),
    patches: [['      device,\n      updated_at: at,', '      device,']],
    caughtBy: ['replay-equals-live'],
  },
];
