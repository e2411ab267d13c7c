/** Asks before something is destroyed. Never waits for an answer where nobody can give one. */
import { createInterface } from 'node:readline/promises';
import { InterruptedError, UsageError } from './exit-code.ts';

/** Returns when a person said yes, or --yes said it for them. */
export async function confirm(question: string, { yes }: { yes?: boolean | undefined }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(`${question} Nobody can be asked here; add --yes to do it.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const leaving = new AbortController();
  // Ctrl-C and Ctrl-D are a no.
  for (const event of ['SIGINT', 'close'] as const) asking.on(event, () => leaving.abort());
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal: leaving.signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    process.stderr.write('\n');
  } finally {
    asking.close();
  }
  throw new InterruptedError('Nothing was changed.');
}
