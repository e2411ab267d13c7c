/** Files of this machine: what cannot be read is for whoever named it to put right. */
import { UsageError } from './exit-code.ts';

/** What `read` returns; a UsageError that names the file when it throws, with `hint` behind it. */
export function readable<Result>(name: string, read: () => Result, hint = ''): Result {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${name} cannot be read: ${reason}${hint && `\n${hint}`}`);
  }
}
