/** What the demo found, for people and for programs. */
import type { BatchTally } from '../../client/run/batch-tally.ts';
import { tableLines } from '../output/table.ts';
import { seconds, type Terminal } from '../terminal.ts';

export interface DemoImage {
  path: string;
  prompt: string;
  seed: number;
  item_id: number;
}

export interface DemoResult {
  completed: number;
  failed: number;
  canceled: number;
  images: DemoImage[];
  contact_sheet: string | null;
  seconds: number;
  images_per_second: number;
  node_seconds: Record<string, number>;
}

export function demoResult(
  tally: BatchTally,
  images: readonly DemoImage[],
  contact_sheet: string | null,
  elapsed: number,
): DemoResult {
  const nodes = Object.entries(tally.node_seconds).map(([type, node]) => [type, round(node.seconds)] as const);
  return {
    ...tally.counts,
    images: [...images].sort((a, b) => a.item_id - b.item_id),
    contact_sheet,
    seconds: round(elapsed),
    images_per_second: round(images.length / elapsed),
    node_seconds: Object.fromEntries(nodes),
  };
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

export function printReport(terminal: Terminal, tally: BatchTally, result: DemoResult): void {
  const { colors: c } = terminal;
  const nodes = Object.entries(tally.node_seconds).sort(([, a], [, b]) => b.seconds - a.seconds);
  const table = tableLines(
    [
      { head: 'node', cell: ([type]) => type },
      { head: 'runs', cell: ([, { runs }]) => String(runs), align: 'right' },
      { head: 'mean', cell: ([, node]) => seconds(node.seconds / node.runs), align: 'right' },
      { head: 'total', cell: ([, node]) => seconds(node.seconds), align: 'right' },
    ],
    nodes,
    { width: terminal.columns, head: c.dim },
  );
  for (const line of table) terminal.line(line);
  const waits = [...tally.waits].sort((a, b) => a - b);
  const middle = waits[Math.floor(waits.length / 2)];
  if (middle !== undefined)
    terminal.line(`queue wait    ${seconds(middle / 1_000)} median, ${seconds((waits.at(-1) ?? 0) / 1_000)} longest`);
  const { completed, failed, canceled } = result;
  const troubles = [failed > 0 ? c.red(`${failed} failed`) : '', canceled > 0 ? c.yellow(`${canceled} canceled`) : ''];
  terminal.line(`images        ${[c.green(`${completed} completed`), ...troubles].filter(Boolean).join(', ')}`);
  terminal.line(
    `throughput    ${result.images_per_second.toFixed(2)} images a second, ${seconds(result.seconds)} in all`,
  );
  for (const { item_id, error } of tally.failures) terminal.line(c.red(`item ${item_id}: ${error}`));
  if (result.contact_sheet) terminal.line(`contact sheet ${c.cyan(result.contact_sheet)}`);
}
