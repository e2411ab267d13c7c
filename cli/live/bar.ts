/** Bars of a terminal. @pure */

/** `part`: 0 to 1. */
export function bar(part: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

export const percent = (part: number): string => `${Math.floor(Math.max(0, Math.min(1, part)) * 100)}%`;
