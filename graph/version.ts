/**
 * Versions of node types (docs/decisions/0017-node-versions.md): a major version changes what a node means, a minor one
 * adds to it, a patch does neither.
 */

/** `1.4.0` satisfies `1.2.7`; `2.0.0` and `1.2.6` do not; what is no version satisfies nothing. */
export function satisfies(offered: string, wanted: string): boolean {
  const [have, want] = [numbersOf(offered), numbersOf(wanted)];
  return have !== undefined && want !== undefined && have[0] === want[0] && !isNewer(want, have);
}

/** Why a node that was saved with version `saved` of its type cannot be taken by `present`; undefined when it can. */
export function versionRefusal(type: string, saved: string, present: string): string | undefined {
  if (satisfies(present, saved)) return undefined;
  const [was, is] = [numbersOf(saved), numbersOf(present)];
  const told = `The node was saved with "${type}" ${saved}, and this system has ${present}`;
  if (was !== undefined && is !== undefined && isNewer(was, is))
    return `${told}: upgrade the system, or save the node anew with version "${present}".`;
  return `${told}, which means something else: look over its fields, and save it anew with version "${present}".`;
}

/** Whether `version` comes after `than`; what is no version comes after nothing. */
export function comesAfter(version: string, than: string): boolean {
  const [a, b] = [numbersOf(version), numbersOf(than)];
  return a !== undefined && b !== undefined && isNewer(a, b);
}

type Numbers = [major: number, minor: number, patch: number];

function numbersOf(version: string): Numbers | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

const isNewer = (a: Numbers, b: Numbers): boolean =>
  a[0] !== b[0] ? a[0] > b[0] : a[1] !== b[1] ? a[1] > b[1] : a[2] > b[2];
