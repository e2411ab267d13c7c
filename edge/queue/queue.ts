/**
 * One queue: its commands, each a transaction, and its reads. Knows no platform: storage, time and chance are
 * given, and what must happen outside (broadcasts, orders to runners, the alarm) is returned. The Durable Object
 * (object.ts) carries it out; the tests carry it out over an in-process SQLite.
 */

import type { QueueSettings } from '../../contract/queue/queue.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../contract/queue/queue.ts';
import type { Principal } from '../../contract/store/key.ts';
import { Batches } from './batches.ts';
import { COMMANDS, type Command, type CommandInput, type CommandName, type CommandResult } from './commands.ts';
import { isPruneDue, pruneLog } from './log.ts';
import { READS, type Read, type ReadInput, type ReadName, type ReadResult } from './reads.ts';
import { type Answer, Refusal } from './refusal.ts';
import { retain } from './retention.ts';
import { runnerConnected, runnerDisconnected } from './runners.ts';
import { settleChains } from './settle-chains.ts';
import { Sql, type SqliteStorage } from './storage.ts';
import { nextAlarm, sweep } from './sweep.ts';
import { type Outcome, type QueueContext, type Surroundings, Turn } from './turn.ts';
import { wakes } from './wakes.ts';

export class Queue implements QueueContext {
  readonly sql: Sql;
  readonly batches: Batches;
  #settings: QueueSettings = DEFAULT_QUEUE_SETTINGS;
  #version = -1;
  #queue_id: string | null = null;

  constructor(storage: SqliteStorage) {
    this.sql = new Sql(storage);
    this.batches = new Batches(this.sql);
    const row = this.sql.get<{ queue_id: string; settings: string; settings_version: number }>(
      'SELECT queue_id, settings, settings_version FROM queue',
    );
    if (row) {
      this.#queue_id = row.queue_id;
      this.#version = row.settings_version;
      this.#settings = { ...DEFAULT_QUEUE_SETTINGS, ...(JSON.parse(row.settings) as Partial<QueueSettings>) };
    }
  }

  get queue_id(): string {
    if (this.#queue_id === null) throw new Error('the queue was not configured');
    return this.#queue_id;
  }

  get settings(): QueueSettings {
    return this.#settings;
  }

  /** The version of its settings; -1 before it was configured. */
  get version(): number {
    return this.#version;
  }

  /** When the alarm must ring, as the rows have it. */
  get alarm_at(): number | null {
    return this.sql.get<{ alarm_at: number | null }>('SELECT alarm_at FROM queue')?.alarm_at ?? null;
  }

  /** Names the queue and sets what its owner set; settings of an older version than those it has change nothing. */
  configure(queue_id: string, settings: QueueSettings, version: number): void {
    if (version <= this.#version) return;
    this.sql.all(
      `INSERT INTO queue (id, queue_id, settings, settings_version) VALUES (1, ?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET settings = ?2, settings_version = ?3`,
      queue_id,
      JSON.stringify(settings),
      version,
    );
    this.#queue_id = queue_id;
    this.#settings = settings;
    this.#version = version;
  }

  /** A transaction: overdue deadlines first, then the command, what follows for chains, then who is woken, then counters and log. */
  #transact<T>(surroundings: Surroundings, command: (turn: Turn) => T): Outcome<Answer<T>> {
    try {
      return this.sql.transaction(() => {
        const turn = new Turn(this, surroundings);
        sweep(turn);
        settleChains(turn);
        retain(turn);
        const value = command(turn);
        settleChains(turn);
        wakes(turn);
        const log = turn.finish();
        if (log && isPruneDue(log)) pruneLog(this.sql, this.#settings, surroundings.now);
        return {
          value: { ok: true, value },
          log,
          orders: turn.orders,
          alarm_at: nextAlarm(turn),
        };
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { value: { ok: false, problem: error.problem }, log: null, orders: [], alarm_at: this.alarm_at };
    }
  }

  /** Carries out a command; what it refuses is in the outcome's value. */
  command<Name extends CommandName>(
    name: Name,
    at: Surroundings,
    principal: Principal,
    input: CommandInput<Name>,
  ): Outcome<Answer<CommandResult<Name>>> {
    const command = COMMANDS[name] as unknown as Command<CommandInput<Name>, CommandResult<Name>>;
    return this.#transact(at, (turn) => command(turn, principal, input));
  }

  read<Name extends ReadName>(
    name: Name,
    now: number,
    principal: Principal,
    input: ReadInput<Name>,
  ): Answer<ReadResult<Name>> {
    const read = READS[name] as unknown as Read<ReadInput<Name>, ReadResult<Name>>;
    try {
      return { ok: true, value: read(this, principal, input, now) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, problem: error.problem };
    }
  }

  /** What the alarm does: the sweep that every transaction begins with. */
  wakeUp(at: Surroundings): Outcome<Answer<null>> {
    return this.#transact(at, () => null);
  }

  /** A runner's socket opened, which shows that it lives. */
  runnerConnected(at: Surroundings, runner_no: number): Outcome<Answer<null>> {
    return this.#transact(at, (turn) => runnerConnected(turn, runner_no));
  }

  /** A runner's last socket closed. */
  runnerDisconnected(at: Surroundings, runner_no: number, epoch: number): Outcome<Answer<null>> {
    return this.#transact(at, (turn) => runnerDisconnected(turn, runner_no, epoch));
  }

  /** The number of a registered runner, for its socket; null when the registration is over. */
  runnerNo(principal: Principal, runner_id: string, epoch: number): number | null {
    return (
      this.sql.get<{ runner_no: number }>(
        'SELECT runner_no FROM runners WHERE runner_id = ? AND epoch = ? AND key_id = ? AND expires_at IS NOT NULL',
        runner_id,
        epoch,
        principal.key_id,
      )?.runner_no ?? null
    );
  }
}
