/** The tables of docs/importing.md, as the rules have them. */

import { RULES, type Rule } from '../rules.ts';
import { NEAREST_SCHEDULERS } from '../schedulers.ts';
import { INVOKEAI_NODES } from './invokeai-nodes.ts';

const code = (text: string): string => `\`${text}\``;

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}

/** Those that go over as they are: no rule, or one that says something and changes nothing. */
export const sharedTypes = (): string =>
  `${Object.keys(INVOKEAI_NODES)
    .filter((type) => {
      const rule = RULES.get(type);
      return rule === undefined || (rule.kind === 'mapped' && whatOf(rule) === '');
    })
    .map(code)
    .join(', ')}\n`;

export const changedTypes = (): string =>
  table(
    ['InvokeAI', 'here', 'what differs'],
    [...RULES].flatMap(([type, rule]) =>
      whatOf(rule) === '' ? [] : [[code(type), placeOf(type, rule), whatOf(rule)]],
    ),
  );

export const schedulers = (): string =>
  table(
    ['InvokeAI', 'here'],
    Object.entries(NEAREST_SCHEDULERS).map(([theirs, ours]) => [code(theirs), code(ours)]),
  );

function placeOf(type: string, rule: Rule): string {
  if (rule.kind === 'mapped') return code(rule.type ?? type);
  return {
    bypassed: 'what passes through goes past',
    inlined: 'its value, in the nodes that take it',
    dropped: 'left out',
  }[rule.kind];
}

function whatOf(rule: Rule): string {
  if (rule.kind === 'inlined') return `${code(rule.field)} is written where it is used`;
  if (rule.kind === 'dropped') return rule.why ?? 'Images carry no metadata here, or it only fed what is left out.';
  if (rule.kind === 'bypassed') {
    const cases = rule.idle.map((fields) =>
      Object.entries(fields)
        .map(
          ([field, values]) => `${code(field)} is ${values.map((value) => code(JSON.stringify(value))).join(' or ')}`,
        )
        .join(' and '),
    );
    return `${rule.why}${cases.length > 0 ? `; nothing is lost when ${cases.join(', or ')}` : ''}.`;
  }
  const renamed = (names: Readonly<Record<string, string>> = {}, what = '') =>
    Object.entries(names).map(([theirs, ours]) => `${what}${code(theirs)} is ${code(ours)}`);
  const words = Object.entries(rule.words ?? {}).map(([field]) => `the words of ${code(field)} are others`);
  const given = Object.values(rule.given ?? {}).map((advice) => advice.replaceAll('ID', 'NODE'));
  const nearest = Object.keys(rule.nearest ?? {}).map((field) => `of ${code(field)} the nearest, see below`);
  const note = rule.note === undefined ? [] : [rule.note.replaceAll('ID', 'NODE')];
  const changes = [
    ...renamed(rule.inputs),
    ...renamed(rule.outputs, 'output '),
    ...words,
    ...nearest,
    ...given,
    ...note,
  ];
  return changes.length === 0 && rule.type !== undefined ? 'the name' : changes.join('; ');
}
