/** From what a node threw to what the queue records. */
import { inspect } from 'node:util';
import { TRACEBACK_LENGTH_MAX } from '../../contract/limits.ts';
import type { ItemError } from '../../contract/queue/item.ts';

const ERROR_TYPE_LENGTH_MAX = 200;
/** A message is read by people; a whole document thrown as one would not be. */
const MESSAGE_LENGTH_MAX = 8_000;
const DESCRIBED_LENGTH_MAX = 200;

/** `error_type` is the class name of the error. */
export function itemError(thrown: unknown): ItemError {
  try {
    return errorOf(thrown);
  } catch {
    return named('NodeError', 'The node threw an error that cannot be read.');
  }
}

function errorOf(thrown: unknown): ItemError {
  if (!(thrown instanceof Error))
    return named('NodeError', `The node threw ${asText(thrown).slice(0, DESCRIBED_LENGTH_MAX)}, which is no Error.`);
  // A name of its own; else the class, which says more than what it inherits. The platform's classes of many names
  // (DOMException: AbortError, …) keep theirs on the prototype.
  const name = Object.hasOwn(thrown, 'name') || thrown instanceof DOMException ? thrown.name : thrown.constructor.name;
  return {
    ...named(asText(name), asText(thrown.message)),
    error_traceback: asText(thrown.stack ?? '').slice(0, TRACEBACK_LENGTH_MAX) || null,
  };
}

/** An error of our own: of this runner, not of the graph. */
export const processorError = (thrown: unknown): ItemError => ({ ...itemError(thrown), error_type: 'ProcessorError' });

export const named = (error_type: string, message: string): ItemError => ({
  error_type: error_type.slice(0, ERROR_TYPE_LENGTH_MAX),
  error_message: message.slice(0, MESSAGE_LENGTH_MAX),
});

/** What should be a text, and is not where nobody checks types; nothing of it is called. */
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { customInspect: false, depth: 2 });
