/** A text that equal values share: 1 and "1" differ, the order of an object's keys does not matter. */
export const valueKey = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => sorted(inner));

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
