/** From what a node threw to what the queue records. */
import { TRACEBACK_LENGTH_MAX } from '../../contract/limits.ts';
import type { ItemError } from '../../contract/queue/item.ts';

const ERROR_TYPE_LENGTH_MAX = 200;
/** A message is read by people; a whole document thrown as one would not be. */
const MESSAGE_LENGTH_MAX = 8_000;

/** `error_type` is the class name of the error. */
export function itemError(thrown: unknown): ItemError {
  if (!(thrown instanceof Error)) return named('NodeError', `The node threw ${describe(thrown)}, which is no Error.`);
  // A name of its own; else the class, which says more than what it inherits. The platform's classes of many names
  // (DOMException: AbortError, …) keep theirs on the prototype.
  const name = Object.hasOwn(thrown, 'name') || thrown instanceof DOMException ? thrown.name : thrown.constructor.name;
  return {
    ...named(name, thrown.message),
    error_traceback: (thrown.stack ?? '').slice(0, TRACEBACK_LENGTH_MAX) || null,
  };
}

/** An error of our own: of this runner, not of the graph. */
export const processorError = (thrown: unknown): ItemError => ({ ...itemError(thrown), error_type: 'ProcessorError' });

export const named = (error_type: string, message: string): ItemError => ({
  error_type: error_type.slice(0, ERROR_TYPE_LENGTH_MAX),
  error_message: message.slice(0, MESSAGE_LENGTH_MAX),
});

function describe(thrown: unknown): string {
  try {
    return String(thrown).slice(0, 200);
  } catch {
    return typeof thrown;
  }
}
