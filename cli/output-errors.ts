/** What it means when standard output or error takes nothing more: an answer that nobody gets is no success. */
import { EXIT } from './exit-code.ts';

export function listenForOutputErrors(): void {
  let told = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (told) return;
      told = true;
      // Whoever read it has left, as `| head` does: an interrupt, so that work is put in order.
      if (error.code === 'EPIPE') process.kill(process.pid, 'SIGINT');
      else {
        console.error(`The output cannot be written: ${error.message}`);
        process.exit(EXIT.failed);
      }
    });
}
