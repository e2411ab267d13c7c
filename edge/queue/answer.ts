/**
 * Characters of values, results and graphs that one answer of the object carries before it leaves the rest to the next
 * call. The platform's limit is 32 MiB, and a character may take several bytes on the way.
 */
export const ANSWER_LENGTH_MAX = 4 * 1024 * 1024;
