/** What became of one item, as a line that stays. @pure */
import type { FinishedItem } from '../batch/collected-items.ts';
import { paintStatus } from '../output/status-bar.ts';
import { oneLine } from '../output/text.ts';
import type { Terminal } from '../terminal.ts';

/** Characters of a value that an item is told apart by, and of results that are no files. */
const VALUE_MAX = 40;
const RESULT_MAX = 400;

export function itemLine(item: FinishedItem, { colors }: Pick<Terminal, 'colors'>): string {
  const { item_id, status, error, files, outputs, field_values } = item;
  const values = field_values.map(({ node_path, field_name, value }) => `${node_path}.${field_name}=${short(value)}`);
  const result =
    error !== null
      ? colors.red(oneLine(error))
      : files.length > 0
        ? files.map(oneLine).join('  ')
        : cut(
            JSON.stringify(Object.fromEntries(outputs.map((output) => [output.invocation_id, output.result]))),
            RESULT_MAX,
          );
  return [
    `item ${item_id}  ${paintStatus(colors, status)}`,
    colors.dim(values.join(' ')),
    status === 'canceled' ? '' : result,
  ]
    .filter(Boolean)
    .join('  ');
}

const short = (value: unknown): string =>
  cut(oneLine(typeof value === 'string' ? value : JSON.stringify(value)), VALUE_MAX);

/** Harmless, too: JSON may hold what moves a cursor beyond ASCII. */
const cut = (text: string, most: number): string => {
  const line = oneLine(text);
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};
