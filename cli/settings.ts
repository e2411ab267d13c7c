/** `--set name=value` of a queue: names and types are those of the contract. @pure */
import { QueueSettings } from '../contract/queue/queue.ts';
import { UsageError } from './exit-code.ts';

type Name = keyof QueueSettings;

const SHAPE = QueueSettings.shape;
export const SETTING_NAMES = Object.keys(SHAPE) as [Name, ...Name[]];

const isName = (name: string): name is Name => Object.hasOwn(SHAPE, name);

/** Throws a UsageError that says what the setting may be. */
export function parseSettings(assignments: readonly string[]): Partial<QueueSettings> {
  const settings: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name = '', text = ''] = /^([^=]*)=(.*)$/.exec(assignment) ?? [];
    if (!isName(name))
      throw new UsageError(
        `"${assignment}" sets nothing of a queue; write name=value with one of ${SETTING_NAMES.join(', ')}.`,
      );
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const values = [text === 'null' || text === 'none' ? null : text, ...(Number.isNaN(number) ? [] : [number])];
    const value = values.map((each) => SHAPE[name].safeParse(each)).find((parsed) => parsed.success);
    if (value === undefined) {
      const because = SHAPE[name]
        .safeParse(values.at(-1))
        .error?.issues.map(({ message }) => message)
        .join('; ');
      throw new UsageError(`${name} cannot be "${text}": ${because}. It is ${settingMeaning(name)}.`);
    }
    settings[name] = value.data;
  }
  return settings;
}

export const settingMeaning = (name: Name): string => SHAPE[name].description ?? '';
