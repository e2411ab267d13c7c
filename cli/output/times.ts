/** Moments and durations as people read and write them. The time now is an argument. @pure */

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;
type Unit = keyof typeof UNITS;

/** `30d`, `1h30m` or a plain number of seconds → seconds; null when it is none of these. */
export function parseDuration(text: string): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (!/^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text)) return null;
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * UNITS[unit as Unit],
    0,
  );
}

/** Short enough for a column: `80 ms`, `4.2 s`, `3m 05s`, `2h 10m`, `4d 6h`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < UNITS.m) return `${whole} s`;
  const parts = (large: Unit, small: Unit) =>
    `${Math.floor(whole / UNITS[large])}${large} ${String(Math.floor((whole % UNITS[large]) / UNITS[small])).padStart(2, '0')}${small}`;
  if (whole < UNITS.h) return parts('m', 's');
  return whole < UNITS.d ? parts('h', 'm') : parts('d', 'h');
}

/** How long ago a moment was, or how long it is until it: `now`, `12s ago`, `3h ago`, `in 29d`. */
export function relative(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1_000;
  const distance = Math.floor(Math.abs(seconds));
  if (distance < 1) return 'now';
  const unit =
    (['w', 'd', 'h', 'm'] as const).find(
      (each) => distance >= 2 * UNITS[each] || (each === 'm' && distance >= UNITS.m),
    ) ?? 's';
  const text = `${Math.floor(distance / UNITS[unit])}${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}
