// The bench's results as people read them and as scripts do.
import { type Bench, type Figure, isMet, type Measurement, type Target } from './bench.ts';

export interface Result {
  name: string;
  figure: Figure;
  /** Undefined when the row failed. */
  measured: Measurement | undefined;
}

/** A row's figure and its parts, each with its full name. */
export function resultsOf(bench: Bench, measured: Awaited<ReturnType<Bench['run']>> | undefined): Result[] {
  const { parts, ...value } = measured ?? { parts: undefined };
  return [
    { name: bench.name, figure: bench, measured: measured && (value as Measurement) },
    ...Object.entries(bench.parts ?? {}).map(([part, figure]) => {
      return { name: `${bench.name}.${part}`, figure, measured: parts?.[part] };
    }),
  ];
}

/** Three digits that matter, thousands apart. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function targetText(target: Target | undefined): string {
  if (target === undefined) return '';
  const bounds = [
    target.at_most !== undefined && `≤ ${number(target.at_most)}`,
    target.at_least !== undefined && `≥ ${number(target.at_least)}`,
    target.p50 !== undefined && `p50 ≤ ${number(target.p50)}`,
    target.p99 !== undefined && `p99 ≤ ${number(target.p99)}`,
  ];
  return bounds.filter((bound) => bound !== false).join(', ');
}

export function table(results: Result[]): string {
  const rows = results.map(({ name, figure, measured }) => {
    const optional = (value: number | undefined) => (value === undefined ? '' : number(value));
    const met = measured && isMet(figure.target, measured);
    return [
      name,
      measured ? `${number(measured.value)} ${figure.unit}` : 'failed',
      optional(measured?.p50),
      optional(measured?.p99),
      targetText(figure.target),
      met === undefined ? '' : met ? 'yes' : 'NO',
      figure.what,
    ];
  });
  const all = [['name', 'value', 'p50', 'p99', 'target', 'met', 'what'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What --json prints: the figures by name; a row that failed is missing. */
export function json(results: Result[]): string {
  const entries = results.flatMap(({ name, figure, measured }) =>
    measured === undefined ? [] : [[name, { ...measured, unit: figure.unit }] as const],
  );
  return JSON.stringify(Object.fromEntries(entries));
}
