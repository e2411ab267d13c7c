/** W3C Trace Context: the trace that a call belongs to. @pure */

export interface Trace {
  /** 32 hexadecimal digits. */
  trace_id: string;
  /** This call's span, 16 hexadecimal digits. */
  span_id: string;
  /** The caller's span; null where the trace begins here. */
  parent_id: string | null;
  /** Two hexadecimal digits, passed on as they came. */
  flags: string;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;

/**
 * What a `traceparent` says, or null when it is not one: a caller's broken tracing must not break its call. Later
 * versions may add fields at the end, and are read as the first version is; `ff` is no version.
 */
function parseTraceparent(header: string): { trace_id: string; parent_id: string; flags: string } | null {
  const [, version = 'ff', trace_id = '', parent_id = '', flags = '', more] = PATTERN.exec(header.trim()) ?? [];
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (ZEROS.test(trace_id) || ZEROS.test(parent_id)) return null;
  return { trace_id, parent_id, flags };
}

/** Of a trace that begins here: nobody has decided against recording it, so whoever records may. */
const SAMPLED = '01';

/** The trace of a call with this header; `random` is 48 hexadecimal digits, for the ids that it needs. */
export function traceOf(header: string | undefined, random: string): Trace {
  const span_id = random.slice(32, 48);
  const parent = header === undefined ? null : parseTraceparent(header);
  return parent ? { ...parent, span_id } : { trace_id: random.slice(0, 32), span_id, parent_id: null, flags: SAMPLED };
}

/** What is passed on, so that whoever works on it is a child of this call. */
export const formatTraceparent = ({ trace_id, span_id, flags }: Trace): string => `00-${trace_id}-${span_id}-${flags}`;
