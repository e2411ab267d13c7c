/**
 * A runner's own nodes that no admin has approved: says so in the log, and asks now and then whether one is by now. The
 * registration stays as it is meanwhile: another one would cost the runner what it holds.
 */
import type { UnapprovedNode } from '../../contract/graph/custom-node.ts';
import type { RunnerTypes } from '../../contract/runner/register.ts';
import { Signal } from '../signal.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal, fatal, told, verdictOf } from './edge-error.ts';
import type { Log } from './log.ts';
import type { Registration } from './registration.ts';

/** Whoever has just started a runner approves its nodes and wants to see them work; later nobody waits. */
const FIRST_ASKED_MS = 2_000;
const ASKED_MS = 30_000;

export interface ApprovalParts {
  api: Pick<EdgeApi, 'types'>;
  registration: Pick<Registration, 'identity' | 'current'>;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
  /** Work with some of its types may come from now on. */
  onApproved: () => void;
}

export class Approval {
  readonly #parts: ApprovalParts;
  readonly #signal = new Signal();
  #unapproved: readonly UnapprovedNode[] = [];

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /** After each registration. */
  registered(): void {
    this.#learn(this.#parts.registration.current.unapproved);
    this.#signal.notify();
  }

  /** Ends only by an error, or when the agent ends. */
  async run(abilities: RunnerTypes): Promise<void> {
    const { clock, ending } = this.#parts;
    ending.addEventListener('abort', () => this.#signal.notify());
    for (let asked = 0; !ending.aborted; asked++) {
      if (this.#unapproved.length === 0) {
        await this.#signal.wait();
        asked = 0;
      }
      const wait = Math.min(ASKED_MS, FIRST_ASKED_MS * 1.5 ** asked);
      await pause(clock, wait * (0.9 + 0.1 * clock.random()), ending);
      if (!ending.aborted && this.#unapproved.length > 0) await this.#ask(abilities);
    }
  }

  async #ask(abilities: RunnerTypes): Promise<void> {
    const { api, registration, log, ending, onApproved } = this.#parts;
    const { identity } = registration;
    try {
      const { unapproved } = await api.types({ ...identity, ...abilities });
      if (identity.epoch !== registration.identity.epoch) return;
      const before = this.#unapproved.length;
      this.#learn(unapproved);
      if (unapproved.length < before) onApproved();
    } catch (error) {
      if (ending.aborted) return;
      if (verdictOf(error) === 'fatal') throw error instanceof EdgeRefusal ? fatal(error) : error;
      // A registration that is over is renewed by the next heartbeat.
      log.debug({ error: told(error) }, 'the edge did not say which nodes are approved');
    }
  }

  /** Logs what is new, once. */
  #learn(unapproved: readonly UnapprovedNode[]): void {
    const { log } = this.#parts;
    const before = new Map(this.#unapproved.map((each) => [each.type, each]));
    for (const { type, version, digest, reason, detail } of unapproved) {
      const same = before.get(type)?.reason === reason && before.get(type)?.digest === digest;
      if (!same) log.warn({ type, version, digest }, `no work comes with "${type}" ${version}: ${detail}`);
      before.delete(type);
    }
    for (const { type, version } of before.values()) log.info({ type, version }, `"${type}" is approved`);
    this.#unapproved = unapproved;
  }
}
