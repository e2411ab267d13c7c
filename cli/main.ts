/** The `switchyard` command: parses, calls, and says how it ended. */
import pc from 'picocolors';
import { ConnectionError } from '../client/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { listenForOutputErrors } from './output-errors.ts';
import { createProgram } from './program.ts';

listenForOutputErrors();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what is wrong with the command line.
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
  if (!isUsage) console.error(process.exitCode === EXIT.interrupted ? message(error) : pc.red(message(error)));
}

// A connection that the other side keeps open must not keep the command; what was written first goes out.
process.stdout.write('', (error) => {
  process.exitCode ||= error ? EXIT.failed : EXIT.ok;
  setImmediate(() => process.exit());
});

/** What a person needs; the stack is for whoever asks for it. */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConnectionError)
    return `${error.message}\nIs it running? \`switchyard up\` starts a system here, --url names another.`;
  return process.env.SWITCHYARD_DEBUG ? (error.stack ?? error.message) : error.message;
}
