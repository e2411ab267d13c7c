/** The agent's log: lines on stderr, JSON for machines, readable on a terminal. */
import pino from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

const LEVELS: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

export function makeLog(format: 'json' | 'text', level = 'info'): Log {
  const base = { base: null, level, timestamp: pino.stdTimeFunctions.isoTime };
  if (format === 'json') return pino(base, pino.destination({ fd: 2, sync: true }));
  return pino(base, { write: (line: string) => void process.stderr.write(readable(line)) });
}

/** `12:30:01 info  claimed items=3`. */
export function readable(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const name = (LEVELS[Number(level)] ?? String(level)).padEnd(5);
  return `${String(time).slice(11, 19)} ${name} ${[msg, ...pairs].join(' ')}\n`;
}
