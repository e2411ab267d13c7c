/** The command in this process: what a call prints, and how it ends. */

import pc from 'picocolors';
import { exitCodeOf } from '../../../cli/exit-code.ts';
import { errorMessage } from '../../../cli/output/error-message.ts';
import { createProgram } from '../../../cli/program.ts';
import type { SystemAddress } from '../../../infra/local/system.ts';

export interface CliEnd {
  code: number;
  /** Standard output. */
  out: string;
  /** What a person is told beside it, the error among it. */
  err: string;
}

/** Not several at once: they share this process's streams. */
export async function cli({ url, key }: Pick<SystemAddress, 'url' | 'key'>, ...args: string[]): Promise<CliEnd> {
  const said = { out: '', err: '' };
  const restore = [
    capture(process.stdout, (text) => (said.out += text)),
    capture(process.stderr, (text) => (said.err += text)),
  ];
  const before = process.exitCode;
  const environment = { SWITCHYARD_URL: url, SWITCHYARD_KEY: key };
  const kept = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  process.exitCode = 0;
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return { ...said, code: Number(process.exitCode) };
  } catch (error) {
    said.err += errorMessage(error, pc.createColors(false)).join('\n');
    return { ...said, code: exitCodeOf(error) };
  } finally {
    for (const each of restore) each();
    for (const [name, value] of kept) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    process.exitCode = before;
  }
}

/** The one line that `--json` prints; throws when there is more, or less, or it is no JSON. */
export function onlyJson<Value = Record<string, unknown>>({ out, err }: CliEnd): Value {
  if (!/^[^\n]+\n$/.test(out)) throw new Error(`Not one line: ${JSON.stringify(out)} ${err}`);
  return JSON.parse(out) as Value;
}

function capture(stream: NodeJS.WriteStream, take: (text: string) => void): () => void {
  const { write } = stream;
  stream.write = ((text: string | Uint8Array) => {
    take(typeof text === 'string' ? text : new TextDecoder().decode(text));
    return true;
  }) as typeof write;
  return () => {
    stream.write = write;
  };
}
