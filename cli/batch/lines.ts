/** A text file as a list: one element a line; empty lines and those that begin with # say nothing. @pure */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
