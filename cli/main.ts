/** The `switchyard` command: parses, calls, and says how it ended. */
import { EXIT, exitCodeOf } from './exit-code.ts';
import { errorMessage } from './output/error-message.ts';
import { listenForOutputErrors } from './output-errors.ts';
import { createProgram } from './program.ts';
import { errorColors, plainColors } from './terminal.ts';

listenForOutputErrors();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what is wrong with the command line.
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
  if (!isUsage) tell(error);
}

// A connection that the other side keeps open must not keep the command; what was written first goes out.
process.stdout.write('', (error) => {
  process.exitCode ||= error ? EXIT.failed : EXIT.ok;
  setImmediate(() => process.exit());
});

/** What a person needs; the stack is for whoever asks for it. */
function tell(error: unknown): void {
  const stack = process.env.SWITCHYARD_DEBUG && error instanceof Error ? error.stack : undefined;
  const colors = process.exitCode === EXIT.interrupted ? plainColors : errorColors();
  console.error(stack ?? errorMessage(error, colors).join('\n'));
}
