/** Parsers of arguments and options, for commander: each says what would be right. */
import { InvalidArgumentError } from 'commander';
import { parseMoment } from '../batch/moment.ts';
import { parseDuration } from '../output/times.ts';

/** The most that an id of an item can be. */
const ITEM_ID_MAX = Number.MAX_SAFE_INTEGER;

export function itemId(text: string): number {
  const id = Number(text);
  if (/^[1-9]\d*$/.test(text) && id <= ITEM_ID_MAX) return id;
  throw new InvalidArgumentError('The id of an item is a whole number from 1; `switchyard list` shows them.');
}

/** Of an argument that may be given several times. */
export const itemIds = (text: string, before: number[] = []): number[] => [...before, itemId(text)];

export function durationOf(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds;
  throw new InvalidArgumentError('A duration is needed, such as 90 (seconds), 5m, 12h, 30d or 1h30m.');
}

/** A moment to come. */
export function momentOf(text: string): string {
  const moment = parseMoment(text, Date.now());
  if (moment !== null) return moment;
  throw new InvalidArgumentError('A time from now is needed, such as 12h or 30d, or a date such as 2030-01-31.');
}

/** `a,b`, and the option once more for more. */
export const listOf =
  <Value extends string>(allowed?: readonly Value[]) =>
  (text: string, before: Value[] = []): Value[] => {
    const values = text.split(',').map((each) => each.trim());
    for (const value of values)
      if (value === '' || (allowed && !(allowed as readonly string[]).includes(value)))
        throw new InvalidArgumentError(
          allowed
            ? `Some of ${allowed.join(', ')} are needed, with commas between them.`
            : 'Names with commas between them are needed.',
        );
    return [...before, ...(values as Value[])];
  };

/** `100/60` or `100/1m`: so many requests in so long. */
export function rateLimitOf(text: string): { requests: number; seconds: number } {
  const [, requests = '', time = ''] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  const seconds = parseDuration(time);
  if (requests !== '' && seconds !== null && Number.isInteger(seconds) && seconds > 0)
    return { requests: Number(requests), seconds };
  throw new InvalidArgumentError('Requests and a time are needed, such as 100/1m.');
}
