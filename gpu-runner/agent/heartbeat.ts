/** Shows life, names what is held, and does what the answer says: the safety net under every order and every wake. */
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal, fatal, retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { Exchange } from './exchange.ts';
import type { Log } from './log.ts';
import type { Registration } from './registration.ts';
import type { Work } from './work.ts';

export interface HeartbeatParts {
  api: EdgeApi;
  work: Work;
  registration: Registration;
  exchange: Pick<Exchange, 'announced'>;
  /** The queue wants this runner to go. */
  onDrain: () => void;
  /** Whether the socket is open. */
  isConnected: () => boolean;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
}

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  /** The next beat comes now. */
  #early = false;
  /** Ends the present wait. */
  #wake: () => void = () => {};
  #attempt = 0;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** The next beat comes now. */
  soon(): void {
    this.#early = true;
    this.#wake();
  }

  async run(): Promise<void> {
    const { clock, work, ending } = this.#parts;
    let beaten = clock.now();
    let hadWork = !work.isSettled;
    const unwatch = work.onChange(() => {
      if (hadWork === !work.isSettled) return;
      hadWork = !work.isSettled;
      this.#wake();
    });
    const end = () => this.#wake();
    ending.addEventListener('abort', end);
    while (!ending.aborted) {
      const wait =
        this.#attempt > 0
          ? backoffMs(this.#attempt - 1, clock.random())
          : this.#everySeconds() * 1000 * (0.9 + 0.1 * clock.random()) - Math.max(0, clock.now() - beaten);
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      if (!this.#early) await pause(clock, Math.max(0, wait), woken.signal);
      if (ending.aborted) break;
      // It has become busy, or idle: the same beat, at another pace.
      if (woken.signal.aborted && !this.#early) continue;
      this.#early = false;
      await this.beat();
      beaten = clock.now();
    }
    unwatch();
    ending.removeEventListener('abort', end);
  }

  /** Without work the socket shows life by its pings, and what a lost wake would have said can wait a little. */
  #everySeconds(): number {
    const { registration, work, isConnected } = this.#parts;
    const { heartbeat_seconds, idle_heartbeat_seconds } = registration.current;
    return work.isSettled && isConnected() ? idle_heartbeat_seconds : heartbeat_seconds;
  }

  /** One beat. An edge that does not answer is asked again sooner; only what no retry can mend is thrown. */
  async beat(): Promise<void> {
    const { api, work, registration, exchange, onDrain, clock, log, ending } = this.#parts;
    const { identity, lastAnsweredClaim: claim } = registration;
    const held = work.leases();
    const named = new Map(held.map(({ item_id, fence }) => [item_id, fence]));
    try {
      // Half of the silence that is allowed: there is time for another.
      const { timeout_seconds } = registration.current;
      const limitMs = Math.ceil(timeout_seconds * 500);
      const body = { ...identity, claim, held, draining: work.draining, timeout_seconds };
      const result = await api.heartbeat(body, limitMs);
      this.#attempt = 0;
      // An answer of a registration that is over says nothing about this one's leases.
      if (identity.epoch !== registration.identity.epoch) return;
      registration.told(result);
      work.cancel(work.stillNamed(result.canceled, named));
      work.gone(work.stillNamed(result.gone, named));
      if (result.claimable) exchange.announced();
      if (result.drain) onDrain();
    } catch (error) {
      if (ending.aborted) return;
      const verdict = verdictOf(error);
      if (verdict === 'fatal') throw error instanceof EdgeRefusal ? fatal(error) : error;
      // A drained runner that holds nothing has left the list already, or is off it anyhow: it need not come back.
      if (verdict === 'register')
        return work.draining && work.isSettled ? undefined : registration.renew(identity.epoch);
      log.debug({ attempt: this.#attempt, error: told(error) }, 'a heartbeat was not answered');
      this.#attempt += 1;
      await pause(clock, retryAfterMs(error), ending);
    }
  }
}
