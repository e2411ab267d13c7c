/**
 * The agent's talk with the queue: one request at a time, with every entry that may go and a claim when there is room.
 * Entries stay in the outbox until they are answered and a claim keeps its number, so that a request whose answer was
 * lost is simply made again.
 */
import { CALLBACK_ENTRIES_MAX, CLAIM_MODELS_MAX } from '../../contract/limits.ts';
import type { CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimRequest, ClaimResult } from '../../contract/runner/claim.ts';
import { isLast } from '../device/messages.ts';
import { Signal } from '../signal.ts';
import { backoffMs } from './backoff.ts';
import { claimSize } from './buffer.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal, fatal, retryAfterMs, told, verdictOf } from './edge-error.ts';
import type { Log } from './log.ts';
import type { Posted } from './outbox.ts';
import type { Registration } from './registration.ts';
import type { Work } from './work.ts';

/** A quarter of what a body may have, in characters: a character is up to three bytes, and the claim needs some. */
const POST_CHARACTERS_MAX = 4 * 1024 * 1024;

/**
 * What a session says in its course waits so long for company while nobody watches it: a request costs the queue and
 * this machine more than what it carries. A death meanwhile loses what was said, so a tenth of a second of work.
 */
export const LINGER_MS = 100;

/** A start less long: as long as the queue does not know of it, it may give the item to an idle runner. */
export const START_LINGERS_MS = 10;

export interface ExchangeParts {
  api: EdgeApi;
  work: Work;
  registration: Registration;
  uploadBytes: () => number;
  /** Hashes of the models that the device has loaded, the most recently used first. */
  loadedModels: () => string[];
  /** Whether anybody looks at what happens. */
  isWatched: () => boolean;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
}

interface Claim extends ClaimRequest {
  epoch: number;
  /** How often work had been announced when it was made. */
  announcements: number;
}

export class Exchange {
  readonly #parts: ExchangeParts;
  readonly #signal = new Signal();
  #claim: Claim | null = null;
  /** The queue had less than was asked for, and has announced nothing since. */
  #dry = false;
  #announcements = 0;
  #entriesMax = CALLBACK_ENTRIES_MAX;
  #attempt = 0;
  /** Since when entries linger. */
  #lingering: number | null = null;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    parts.work.onChange(() => this.#signal.notify());
  }

  /** A claim waits for its answer: what it was granted is not known yet. */
  get isClaiming(): boolean {
    return this.#claim !== null;
  }

  /** Work that this runner can run is waiting, as far as the queue knows. */
  announced(): void {
    this.#announcements += 1;
    this.#dry = false;
    this.#signal.notify();
  }

  /** Ends only by an error, or when the agent ends. */
  async run(): Promise<void> {
    const { ending, work } = this.#parts;
    ending.addEventListener('abort', () => this.#signal.notify());
    while (!ending.aborted) {
      const posted = work.outbox.take({ entries: this.#entriesMax, characters: POST_CHARACTERS_MAX });
      if (this.#mayLinger(posted)) {
        work.outbox.unsent();
        await this.#linger(lingerMs(posted));
        continue;
      }
      this.#lingering = null;
      const claim = this.#nextClaim(posted);
      if (posted.length === 0 && !claim) await this.#signal.wait();
      else await this.#exchange(posted, claim);
    }
  }

  /** Nothing of it is an end, nobody waits for it, and no claim would take it along. */
  #mayLinger(posted: readonly Posted[]): boolean {
    const { work, clock, isWatched } = this.#parts;
    if (posted.length === 0 || this.#claim !== null || isWatched() || work.draining) return false;
    if (posted.some(({ entry }) => isLast(entry.kind)) || this.#claimable([]) > 0) return false;
    const waited = this.#lingering === null ? 0 : clock.now() - this.#lingering;
    // Below 0 the time of day was set back, and nobody knows how long it was.
    return waited >= 0 && waited < lingerMs(posted);
  }

  async #linger(ms: number): Promise<void> {
    const { clock } = this.#parts;
    this.#lingering ??= clock.now();
    const stop = clock.later(this.#lingering + ms - clock.now(), () => this.#signal.notify());
    await this.#signal.wait();
    stop();
  }

  /** How many items to ask for together with `posted`. */
  #claimable(posted: readonly Posted[]): number {
    const { work, uploadBytes } = this.#parts;
    return claimSize({
      ...work.bufferState,
      dry: this.#dry,
      posting: posted.length > 0,
      ending: posted.some(({ entry }) => isLast(entry.kind)),
      uploadBytes: uploadBytes(),
    });
  }

  #nextClaim(posted: readonly Posted[]): Claim | null {
    const { work, registration } = this.#parts;
    if (this.#claim?.epoch === registration.identity.epoch) return this.#claim;
    const max_items = this.#claimable(posted);
    const { epoch } = registration.identity;
    const announcements = this.#announcements;
    this.#claim =
      max_items === 0
        ? null
        : {
            claim: registration.nextClaim(),
            max_items,
            batches: work.batchIds,
            models: this.#parts.loadedModels().slice(0, CLAIM_MODELS_MAX),
            epoch,
            announcements,
          };
    return this.#claim;
  }

  async #exchange(posted: readonly Posted[], claim: Claim | null): Promise<void> {
    const { work, registration, ending } = this.#parts;
    const { epoch } = registration.identity;
    try {
      const { answers, claim: granted } = await this.#call(posted, claim);
      if (answers.length !== posted.length) throw new Error(`${posted.length} entries got ${answers.length} answers`);
      this.#attempt = 0;
      this.#entriesMax = CALLBACK_ENTRIES_MAX;
      work.settled(work.outbox.settle(posted, answers));
      // Grants of a registration that ended meanwhile are not ours any more.
      if (claim && granted && claim.epoch === registration.identity.epoch) this.#granted(claim, granted);
      // What was given back may be had again, and there was no room to ask for it with the same request.
      else if (posted.some(({ entry }) => isLast(entry.kind))) this.#dry = false;
    } catch (error) {
      work.outbox.unsent();
      if (!ending.aborted) await this.#failed(error, posted, epoch);
    }
  }

  async #call(posted: readonly Posted[], claim: Claim | null): Promise<CallbacksResult> {
    const { api, registration } = this.#parts;
    const { identity } = registration;
    const request = claim && {
      claim: claim.claim,
      max_items: claim.max_items,
      batches: claim.batches,
      models: claim.models,
    };
    if (posted.length === 0 && request) return { answers: [], claim: await api.claim({ ...identity, ...request }) };
    const head = JSON.stringify({ ...identity, ...(request ? { claim: request } : {}) });
    const entries = posted.map(({ entry }) => entry.json).join(',');
    return api.callbacks(`${head.slice(0, -1)},"entries":[${entries}]}`);
  }

  #granted(claim: Claim, result: ClaimResult): void {
    const { work, registration } = this.#parts;
    this.#claim = null;
    registration.claimAnswered(claim.claim);
    this.#dry = result.grants.length < claim.max_items && claim.announcements === this.#announcements;
    work.granted(result);
  }

  async #failed(error: unknown, posted: readonly Posted[], epoch: number): Promise<void> {
    const { work, registration, clock, log, ending } = this.#parts;
    const verdict = verdictOf(error);
    const message = told(error);
    if (verdict === 'fatal') throw error instanceof EdgeRefusal ? fatal(error) : error;
    if (verdict === 'register') {
      log.warn({ epoch }, `registering again: ${message}`);
      return registration.renew(epoch);
    }
    if (verdict === 'refused' && posted.length > 1) {
      // One of them is at fault and must not fail its neighbours: halve until it stands alone.
      this.#entriesMax = Math.ceil(posted.length / 2);
      return;
    }
    const [only] = posted;
    if (verdict === 'refused' && only) {
      this.#entriesMax = CALLBACK_ENTRIES_MAX;
      if (only.entry.kind === 'session_report') {
        // What is only shown must not keep the item from its end.
        log.error({ ticket: only.ticket }, `the queue refused the report of a run: ${message}`);
        work.outbox.settle(posted, [{ answer: 'repeated' }]);
        return work.outbox.unsent();
      }
      return work.fail(only.ticket, `The queue refused a result: ${message}`);
    }
    log.warn({ attempt: this.#attempt, entries: posted.length }, `the queue did not answer: ${message}`);
    await pause(clock, backoffMs(this.#attempt++, clock.random(), retryAfterMs(error)), ending);
  }
}

const lingerMs = (posted: readonly Posted[]): number =>
  posted.some(({ entry }) => entry.kind === 'session_started') ? START_LINGERS_MS : LINGER_MS;
