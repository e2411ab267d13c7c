/** One byte range of a stored object (RFC 9110 §14). @pure */

export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * `whole` for a header that is absent, malformed, of another unit or of several ranges: the standard lets a server
 * ignore those, and the whole is always a right answer.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!match) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
  }
  const offset = Number(first);
  if (last !== '' && Number(last) < offset) return 'whole';
  if (offset >= size) return 'unsatisfiable';
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return { offset, length: end - offset + 1 };
}

/** Whether an If-None-Match or If-Range header names `etag`; weak tags compare equal to strong ones. */
export const namesEtag = (header: string, etag: string): boolean =>
  header.split(',').some((entry) => {
    const tag = entry.trim().replace(/^W\//, '');
    return tag === etag || tag === '*';
  });
