import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { exampleGraph } from '../../graph/catalogue/example-graph.ts';
import { nodeLines, nodeListLines } from './node-text.ts';

const { node_types } = builtin as unknown as Catalogue;
const catalogue = { node_types };
const terminal = { colors: pc.createColors(false), columns: Number.POSITIVE_INFINITY };

test('a node type is shown with what it takes and gives, and a graph to copy', () => {
  const noise = node_types.noise!;
  const lines = nodeLines(noise, exampleGraph(noise, catalogue), terminal);
  expect(lines[0]).toMatch(/^noise {2}\S.* version \d+\.\d+\.\d+, /);
  expect(lines.find((line) => line.startsWith('seed '))).toMatch(/^seed +integer +0 +\S/);
  expect(lines.find((line) => line.startsWith('noise ') && line !== lines[0])).toContain('latents');
  expect(JSON.parse(lines.slice(lines.indexOf('{')).join('\n'))).toEqual({ nodes: { noise: { type: 'noise' } } });
});

test('edges are written one a line', () => {
  const node = node_types.l2i!;
  const lines = nodeLines(node, exampleGraph(node, catalogue), terminal);
  const text = lines.slice(lines.indexOf('{')).join('\n');
  expect(JSON.parse(text)).toEqual(exampleGraph(node, catalogue));
  expect(text).toMatch(/^ {4}\{ "source": \{ "node_id": "\w+", "field": "\w+" \}, .*\}[,]?$/m);
});

test('the list has a heading for each category, and no line is wider than there is room', () => {
  const nodes = [node_types.add!, node_types.noise!];
  const lines = nodeListLines(nodes, { ...terminal, columns: 40 });
  expect(lines.filter((line) => /^\S/.test(line))).toEqual([node_types.add!.category, node_types.noise!.category]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
});

test('what a node of a runner says cannot move the cursor', () => {
  const hostile = { ...node_types.noise!, title: '\x1b[2J', description: 'a\nb\x07' };
  expect(nodeLines(hostile, null, terminal).join('')).not.toMatch(/[\p{Cc}]/u);
});
