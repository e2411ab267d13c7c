/** How fast something goes on, from the last while. The time now is an argument, in milliseconds. @pure */

/** Long enough for a steady figure, short enough to notice a change. */
const WINDOW_MS = 30_000;

/** Samples closer than this say nothing new. */
const SAMPLE_MS = 250;

export class Rate {
  readonly #samples: { at: number; count: number }[] = [];

  /** `count`: how much there is in all by now. */
  take(count: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last === undefined || at - last.at >= SAMPLE_MS) this.#samples.push({ at, count });
    // One sample from before the window stays: it is where the window begins.
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** A second; null before anything can be said. */
  perSecond(count: number, at: number): number | null {
    const first = this.#samples[0];
    if (first === undefined || at - first.at < SAMPLE_MS || count <= first.count) return null;
    return ((count - first.count) * 1_000) / (at - first.at);
  }
}

/** `12/s`, `3.2/s`, `40/min`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`;
  return perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(perSecond * 60 >= 10 ? 0 : 1)}/min`;
}
