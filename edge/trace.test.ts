import { describe, expect, test } from 'vitest';
import { formatTraceparent, traceOf } from './trace.ts';

const RANDOM = '0123456789abcdef0123456789abcdeffedcba9876543210';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const BEGUN = { trace_id: RANDOM.slice(0, 32), span_id: RANDOM.slice(32), parent_id: null, flags: '01' };

describe('a traceparent', () => {
  test.each([`00-${TRACE}-${SPAN}-01`, ` 00-${TRACE}-${SPAN}-01 `, `cc-${TRACE}-${SPAN}-01-what-comes-later`])(
    '%j goes on',
    (header) => {
      const trace = { trace_id: TRACE, parent_id: SPAN, span_id: BEGUN.span_id, flags: '01' };
      expect(traceOf(header, RANDOM)).toEqual(trace);
    },
  );

  test.each([
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ])('%j is none: the trace begins here', (header) => {
    expect(traceOf(header, RANDOM)).toEqual(BEGUN);
  });

  test('that is passed on names this call as the parent', () => {
    const trace = traceOf(`00-${TRACE}-${SPAN}-01`, RANDOM);
    expect(formatTraceparent(trace)).toBe(`00-${TRACE}-${BEGUN.span_id}-01`);
    expect(traceOf(formatTraceparent(trace), 'f'.repeat(48))).toMatchObject({ parent_id: BEGUN.span_id });
  });
});
