/** A time as people write it: `2026-11-21T08:00`, `2026-11-21T08:00:00Z`, or so long from now, `90s`, `10m`, `2h`, `1d`. @pure */
import { timestamp } from '../../contract/names.ts';
import { parseDuration } from '../output/times.ts';

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** As the wire has it; null for what is no time. Without an offset it is the local time of this machine. */
export function parseMoment(text: string, now: number): string | null {
  const seconds = /[a-z]$/.test(text) ? parseDuration(text) : null;
  if (seconds !== null) return timestamp(now + seconds * 1_000);
  const date = DATE.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(date) ? null : timestamp(date);
}
