import { defineNode } from '../define-node.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { joined, longText } from './text.ts';

/** A brace that stands for itself, a name in braces, a brace that belongs to neither. */
const PLACEHOLDER = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** Throws a SyntaxError on a name without a value and on a single brace. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  const parts: string[] = [];
  let end = 0;
  for (const { 0: found, 1: name, index } of template.matchAll(PLACEHOLDER)) {
    parts.push(template.slice(end, index));
    end = index + found.length;
    if (name === undefined && found.length === 1)
      throw new SyntaxError(`'${found}' at character ${index + 1} is alone: write '${found}${found}' for a brace`);
    if (name === undefined) parts.push(found.charAt(0));
    else if (Object.hasOwn(values, name)) parts.push(values[name] ?? '');
    else {
      const names = Object.keys(values).join(', ');
      throw new SyntaxError(`'${found}' at character ${index + 1} has no value: the names are ${names}`);
    }
  }
  parts.push(template.slice(end));
  return joined(parts);
}

const value = (name: string) => longText(`What {${name}} becomes. Numbers are written out.`);

/** The names are inputs, so that an edge or a batch can bring each value by itself. */
export const stringTemplateNode = defineNode({
  type: 'string_template',
  version: '1.0.0',
  title: 'String Template',
  category: 'string',
  description: 'Fills a text in: {a} to {h} become the values of those names; {{ and }} are braces.',
  deterministic: true,
  inputs: {
    template: longText('The text, such as "a {a} cat in {b}".'),
    a: value('a'),
    b: value('b'),
    c: value('c'),
    d: value('d'),
    e: value('e'),
    f: value('f'),
    g: value('g'),
    h: value('h'),
  },
  ...STRING_OUTPUT,
  invoke: ({ template, ...values }) => ({ value: fill(template, values) }),
});
