/** Why a device's process ended, in words for whoever has to look into it. @pure */
import { type MemoryEnd, tookTooMuch } from '../device/memory-limit.ts';
import type { LossCause } from './crash.ts';

export interface ProcessEnd {
  /** Why the agent ended it; null: it did not. */
  killed: string | null;
  /** What the system says: `signal SIGSEGV`, `exit code 1`. */
  how: string;
  memory: MemoryEnd | null;
  /** The last lines that it wrote on stderr. */
  lines: readonly string[];
}

const ADVICE: Record<string, string> = {
  'signal SIGKILL':
    'Somebody else killed it, most often the system because memory ran out: look at its log (dmesg), or set --memory-limit.',
  'signal SIGSEGV': 'Native code failed: look at the model, at onnxruntime and at the driver of the device.',
  'signal SIGBUS': 'Native code failed, or a disk that it maps files from is full.',
  'signal SIGILL': 'Native code does not fit this processor.',
  'signal SIGABRT': 'Native code gave up; its last lines say why.',
};

const HEAP_IS_FULL = /JavaScript heap out of memory/;
const SAID_LENGTH_MAX = 500;

export function causeOf({ killed, how, memory, lines }: ProcessEnd): LossCause {
  if (killed !== null) return { deliberate: true, reason: killed };
  if (memory)
    return {
      deliberate: false,
      reason: tookTooMuch(memory),
      error_type: 'MemoryLimitError',
      advice: 'Give the node less to do at once, or run it where there is more memory.',
    };
  if (lines.some((line) => HEAP_IS_FULL.test(line)))
    return {
      deliberate: false,
      reason: 'the JavaScript heap is full',
      error_type: 'MemoryLimitError',
      advice: 'Give the node less to do at once, or raise the limit with NODE_OPTIONS=--max-old-space-size=<MB>.',
    };
  const said = lines.join(' | ').slice(-SAID_LENGTH_MAX);
  const advice =
    ADVICE[how] ?? 'Something in it ended the process: a call of process.exit, or an error that nobody caught.';
  return { deliberate: false, reason: `device crashed: ${how}`, advice: said ? `${advice} It wrote: ${said}` : advice };
}
