/** Search without regard to upper and lower case, in time that grows with the text alone for a bounded search text. */

/** Finds `search` literally. No part of it is a repetition or a choice, so the engine has nothing to go back to. */
export const anyCase = (search: string): RegExp => new RegExp(search.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu');
