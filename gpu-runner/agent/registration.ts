/** The runner's registration with its queue: one at a time, renewed when the queue says that it is over. */
import type { RegisterBody, RegisterResult, RunnerIntervals } from '../../contract/runner/register.ts';
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal, fatal, retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { Log } from './log.ts';

export interface RegistrationParts {
  api: EdgeApi;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
  /** Called after each registration. */
  onRegistered: () => void;
}

export class Registration {
  readonly #parts: RegistrationParts;
  #body: RegisterBody | null = null;
  #current: RegisterResult | null = null;
  #renewing: Promise<void> | null = null;
  #claim = 0;
  /** The last claim of this epoch whose answer arrived. */
  #answered = 0;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** What every call quotes. */
  get identity(): { runner_id: string; epoch: number } {
    const { runner_id, epoch } = this.current;
    return { runner_id, epoch };
  }

  get isRegistered(): boolean {
    return this.#current !== null;
  }

  get current(): RegisterResult {
    if (!this.#current) throw new Error('the runner is not registered');
    return this.#current;
  }

  /** How often to show life from now on: a queue's owner may change it. */
  told({ heartbeat_seconds, idle_heartbeat_seconds, timeout_seconds }: RunnerIntervals): void {
    this.#current = { ...this.current, heartbeat_seconds, idle_heartbeat_seconds, timeout_seconds };
  }

  get lastAnsweredClaim(): number {
    return this.#answered;
  }

  nextClaim(): number {
    return ++this.#claim;
  }

  claimAnswered(claim: number): void {
    this.#answered = claim;
  }

  async register(body: RegisterBody): Promise<void> {
    this.#body = body;
    await this.renew(null);
  }

  /** Registers again, unless somebody has since `epoch` was found to be over. Throws a FatalError, or succeeds. */
  renew(epoch: number | null): Promise<void> {
    if (this.#current && this.#current.epoch !== epoch) return Promise.resolve();
    this.#renewing ??= this.#register().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #register(): Promise<void> {
    const { api, clock, log, ending, onRegistered } = this.#parts;
    const body = this.#body;
    if (!body) throw new Error('register comes before renew');
    for (let attempt = 0; ; attempt++) {
      try {
        this.#current = await api.register(body);
        this.#claim = 0;
        this.#answered = 0;
        const { runner_id, epoch } = this.#current;
        log.info({ runner_id, epoch }, 'registered');
        return onRegistered();
      } catch (error) {
        if (ending.aborted) throw error;
        // Nothing that the edge refuses here becomes right by repeating it.
        if (verdictOf(error) !== 'retry') throw error instanceof EdgeRefusal ? fatal(error) : error;
        log.warn({ attempt, error: told(error) }, 'the edge does not answer; trying again');
        await pause(clock, backoffMs(attempt, clock.random(), retryAfterMs(error)), ending);
      }
    }
  }
}
