/** What a runner can run may grow while it runs: one of its own node types was approved. */
import type { RunnerRow } from './runners.ts';
import type { Turn } from './turn.ts';

export function setTypes({ sql }: Turn, runner: RunnerRow, types: Readonly<Record<string, string>>): null {
  const text = JSON.stringify(types);
  if (text !== runner.types) sql.all('UPDATE runners SET types = ? WHERE runner_no = ?', text, runner.runner_no);
  return null;
}
