/** The values that a generator node of InvokeAI's editor stands for. @pure */
import { BATCH_ITEMS_MAX } from '../../contract/limits.ts';
import { own } from '../../graph/own.ts';
import { isObject } from './draft.ts';

export type Generated = { items: unknown[] } | { problem: string };

export const GENERATORS: ReadonlySet<string> = new Set([
  'image_generator',
  'string_generator',
  'integer_generator',
  'float_generator',
]);

const RANDOM = 'It draws values that InvokeAI alone draws so';

/** `problem` is half a sentence that says why there are none. */
export function generated(type: string, value: unknown): Generated {
  if (!isObject(value)) return { problem: 'It holds no settings' };
  // What the editor showed last, and enqueued.
  const shown = own(value, 'values');
  if (Array.isArray(shown) && shown.length > 0) return { items: shown };
  const how = String(own(value, 'type') ?? '');
  const whole = type === 'integer_generator';
  if (how.endsWith('_arithmetic_sequence')) return sequence(value);
  if (how.endsWith('_linear_distribution')) return distribution(value, whole);
  if (how.endsWith('_parse_string')) return parsed(value, type);
  if (how === 'image_generator_images_from_board') return { problem: 'It takes the images of a board of InvokeAI' };
  return { problem: how === '' ? 'It holds no settings' : RANDOM };
}

const number = (value: Record<string, unknown>, key: string, otherwise: number): number => {
  const given = own(value, key);
  return typeof given === 'number' && Number.isFinite(given) ? given : otherwise;
};

const countOf = (value: Record<string, unknown>): number =>
  Math.min(BATCH_ITEMS_MAX, Math.max(0, Math.trunc(number(value, 'count', 10))));

function sequence(value: Record<string, unknown>): Generated {
  const [start, step] = [number(value, 'start', 0), number(value, 'step', 1)];
  if (step === 0) return { items: [start] };
  return { items: Array.from({ length: countOf(value) }, (_, index) => start + index * step) };
}

function distribution(value: Record<string, unknown>, whole: boolean): Generated {
  const [start, end, count] = [number(value, 'start', 0), number(value, 'end', whole ? 10 : 1), countOf(value)];
  if (count === 1) return { items: [start] };
  const at = (index: number) => (end - start) * (index / (count - 1));
  return {
    items: Array.from({ length: count }, (_, index) => start + (whole ? Math.round(at(index)) : at(index))),
  };
}

function parsed(value: Record<string, unknown>, type: string): Generated {
  const parts = split(String(own(value, 'input') ?? ''), String(own(value, 'splitOn') ?? ','));
  if (type === 'string_generator') return { items: parts.filter((part) => part !== '') };
  const read = type === 'integer_generator' ? (text: string) => Number.parseInt(text, 10) : Number.parseFloat;
  return {
    items: parts.filter((part) => part.trim() !== '').flatMap((part) => (Number.isNaN(read(part)) ? [] : [read(part)])),
  };
}

/** `splitOn` may be written as it is within quotes, `\n` for a line break; empty, it splits nothing. */
function split(text: string, splitOn: string): string[] {
  if (splitOn === '') return [text];
  try {
    const separator: unknown = JSON.parse(`"${splitOn}"`);
    return text.split(typeof separator === 'string' ? separator : splitOn);
  } catch {
    return text.split(splitOn);
  }
}
