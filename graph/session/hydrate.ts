/** Gives an invocation its inputs: literals, substitutions, and copies of what came along edges. */
import { coerce } from '../field-type/value.ts';
import { own, put } from '../own.ts';
import { copyJson } from './copy.ts';
import { inputError } from './input-error.ts';
import type { PreparedInput, PreparedNode, PreparedSource } from './prepared-graph.ts';
import type { InputErrorStep } from './step.ts';

/** The batch's substitutions into one node: field → value. */
export type Substitutions = ReadonlyMap<string, unknown>;

export type Hydration = { ok: true; inputs: Record<string, unknown> } | { ok: false; error: InputErrorStep };

/**
 * Durable values are copies; ephemeral ones are the live objects themselves, in a list of its own. `read` answers what an edge brings.
 * Literals and substitutions were judged at enqueue; what came along an edge is judged here.
 */
export function hydrate(
  node: PreparedNode,
  invocation_id: string,
  substitutions: Substitutions | undefined,
  read: (source: PreparedSource) => unknown,
): Hydration {
  const inputs: Record<string, unknown> = {};
  const failure = (input: PreparedInput, path: readonly (string | number)[], why: string): Hydration => ({
    ok: false,
    error: inputError(node.id, invocation_id, fieldPath(input, path), why),
  });
  for (const input of node.inputs) {
    let value: unknown;
    const source = input.sources[0];
    if (source === undefined) value = copyJson(substitutions?.get(input.name) ?? input.literal);
    else {
      const brought = hydrateEdge(input, read(source), source.ephemeral);
      if (typeof brought.fault === 'string') return failure(input, brought.path, brought.fault);
      value = brought.value;
    }
    if (value !== undefined) put(inputs, input.name, value);
    else if (input.field.required) return failure(input, [], 'it has neither a value nor an edge that brings one.');
  }
  return { ok: true, inputs };
}

type Brought = { value: unknown; fault?: undefined } | { path: (string | number)[]; fault: string };

function hydrateEdge(input: PreparedInput, brought: unknown, ephemeral: boolean): Brought {
  if (input.check.isAbsent(brought)) {
    if (input.field.required) return { path: [], fault: 'the edge brought nothing.' };
    return { value: copyJson(own(input.field.schema, 'default')) };
  }
  if (ephemeral) return { value: Array.isArray(brought) ? [...brought] : brought };
  try {
    const { value, faults } = input.check.evaluate(coerce(input.check.type, copyJson(brought)));
    const fault = faults[0];
    return fault === undefined ? { value } : { path: fault.path, fault: fault.detail };
  } catch (error) {
    if (error instanceof RangeError) return { path: [], fault: `${error.message}.` };
    throw error;
  }
}

function fieldPath(input: PreparedInput, path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, token) => (typeof token === 'number' ? `${text}[${token}]` : `${text}.${token}`),
    input.name,
  );
}
