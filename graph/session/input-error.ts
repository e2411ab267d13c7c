/** The one sentence that says which input of which invocation cannot be. */
import type { InputErrorStep } from './step.ts';

/** `field` is a path: dotted, `[i]` for an element; `why` goes on after a colon. */
export function inputError(source_id: string, invocation_id: string, field: string, why: string): InputErrorStep {
  const message = `Node ${invocation_id} has invalid incoming input for ${field}: ${why}`;
  return { kind: 'input_error', invocation_id, source_id, field, message };
}
