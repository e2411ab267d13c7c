/** Collects the faults of one request, so that a caller learns of all of them at once. */
import type { FaultCode } from '../contract/error/codes.ts';
import { FAULTS_LISTED_MAX, type Fault, pointer } from '../contract/error/problem.ts';
import { nearest } from './nearest.ts';

export type Path = readonly (string | number)[];

/**
 * Faults kept of one request. A problem document lists the first hundred and counts the others, and a hostile body of
 * two million unknown fields must not become two million sentences.
 */
export const FAULTS_KEPT_MAX = 1_000;

export class FaultList {
  readonly #faults: Fault[] = [];

  /** `detail` is a sentence that says what to do. */
  add(path: Path, code: FaultCode, detail: string): void {
    if (!this.isFull) this.#faults.push({ pointer: pointer(path), code, detail });
  }

  /**
   * The end of a sentence about an unknown name: ` Did you mean "x"?`, or nothing when no candidate is near. Looking
   * for one costs more than all the rest, so only faults that a problem document lists get it.
   */
  suggest(name: string, candidates: Iterable<string>): string {
    const near = this.#faults.length < FAULTS_LISTED_MAX ? nearest(name, candidates) : undefined;
    return near === undefined ? '' : ` Did you mean "${near}"?`;
  }

  get isFull(): boolean {
    return this.#faults.length >= FAULTS_KEPT_MAX;
  }

  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  /** In the order in which they were added. */
  get faults(): Fault[] {
    return this.#faults;
  }
}
