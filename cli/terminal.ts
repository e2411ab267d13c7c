/** Where a person reads: colours and bars only on a terminal, and never between the lines of a program's output. */
import pc from 'picocolors';
import { relative } from './output/times.ts';

export interface Terminal {
  /** Bars and redrawing make sense. */
  interactive: boolean;
  colors: ReturnType<typeof pc.createColors>;
  stream: NodeJS.WriteStream;
  /** Columns that a line may have; without a terminal there is no end to it. */
  columns: number;
  line(text?: string): void;
}

/** With --json standard output belongs to the program that reads it, and people are told on standard error. */
export function openTerminal({ json }: { json?: boolean | undefined }): Terminal {
  const stream = json ? process.stderr : process.stdout;
  const interactive = stream.isTTY === true && process.env.TERM !== 'dumb';
  return {
    interactive,
    colors: pc.createColors(interactive && pc.isColorSupported),
    stream,
    columns: (stream.isTTY && stream.columns) || Number.POSITIVE_INFINITY,
    line: (text = '') => {
      stream.write(`${text}\n`);
    },
  };
}

export const plainColors: Terminal['colors'] = pc.createColors(false);

/** For what goes to standard error, whatever stands on standard output. */
export const errorColors = (): Terminal['colors'] =>
  pc.createColors(process.stderr.isTTY === true && process.env.TERM !== 'dumb' && pc.isColorSupported);

/** How long ago for a person, when exactly for a file or a pipe. */
export const when = (iso: string | null, { interactive }: Terminal, now: number): string => {
  if (iso === null) return '';
  return interactive ? relative(iso, now) : iso;
};

/** One line for a program. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

export const seconds = (value: number): string =>
  value < 0.1 ? `${Math.round(value * 1_000)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;
