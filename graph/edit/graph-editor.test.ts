import { describe, expect, test } from 'vitest';
import { Graph, type GraphEdge } from '../../contract/graph/graph.ts';
import { graphOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import {
  InvalidEdgeError,
  InvalidGraphError,
  InvalidNodeError,
  NodeAlreadyInGraphError,
  NodeNotFoundError,
  NodeTypeError,
} from './errors.ts';
import { GraphEditor } from './graph-editor.ts';

type Nodes = Parameters<typeof graphOf>[0];
const editorOf = (nodes: Nodes = {}, ...edges: string[]) => new GraphEditor(TEST_CATALOGUE, graphOf(nodes, ...edges));
const edge = (text: string) => graphOf({}, text).edges[0] as GraphEdge;
const texts = (edges: Iterable<GraphEdge>) =>
  [...edges].map(
    ({ source, destination }) => `${source.node_id}.${source.field} > ${destination.node_id}.${destination.field}`,
  );

/** The error that `edit` throws, after a look that it changed nothing. */
function thrown(editor: GraphEditor, edit: () => void): Error {
  const before = JSON.stringify(editor);
  try {
    edit();
  } catch (error) {
    expect(JSON.stringify(editor)).toBe(before);
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const add = { type: 'add' };
const t2i = { type: 'text_to_image' };

describe('nodes', () => {
  test('[G16] are stored, and an id that is used is refused', () => {
    const editor = editorOf();
    expect(editor.addNode({ id: 'a', type: 'add', a: 3 })).toBe('a');
    expect(editor.getNode('a')).toEqual({ id: 'a', type: 'add', a: 3, is_intermediate: false, use_cache: true });
    const error = thrown(editor, () => editor.addNode({ id: 'a', type: 'prompt' }));
    expect(error).toBeInstanceOf(NodeAlreadyInGraphError);
    expect(error).toMatchObject({ name: 'NodeAlreadyInGraphError', id: 'a' });
    expect(error.message).toBe('The graph has a node "a" already; choose another id, or update that node.');
  });

  test('of an unknown type, or malformed ones, are refused', () => {
    const editor = editorOf();
    const unknown = thrown(editor, () => editor.addNode({ id: 'a', type: 'nose' }));
    expect(unknown).toBeInstanceOf(NodeTypeError);
    expect(unknown.message).toBe('There is no node type "nose". Did you mean "noise"?');
    for (const id of ['', 'a#1', 'x'.repeat(129)])
      expect(thrown(editor, () => editor.addNode({ id, type: 'add' }))).toBeInstanceOf(InvalidNodeError);
    expect(thrown(editor, () => editor.addNode({ type: 'add' } as never)).message).toBe('/id: This field is required.');
  });

  test('[G17] are replaced by an update, all fields', () => {
    const editor = editorOf({ a: { type: 'add', a: 1, b: 2 } });
    editor.updateNode('a', { id: 'a', type: 'add', b: 5 });
    expect(editor.getNode('a')).toEqual({ id: 'a', type: 'add', b: 5, is_intermediate: false, use_cache: true });
  });

  test('[G17] keep their type', () => {
    const editor = editorOf({ a: add });
    const error = thrown(editor, () => editor.updateNode('a', { id: 'a', type: 'prompt' }));
    expect(error).toBeInstanceOf(NodeTypeError);
    expect(error).toMatchObject({ name: 'NodeTypeError', id: 'a', type: 'prompt' });
    expect(error.message).toContain('is of type "add", not "prompt"');
  });

  test('[G17] take their edges and their place along to a new id', () => {
    const editor = editorOf({ a: add, b: add, c: add }, 'a.value > b.a', 'a.value > c.a', 'b.value > c.b');
    editor.updateNode('b', { id: 'z', type: 'add' });
    expect(editor.nodeIds).toEqual(['a', 'z', 'c']);
    expect(texts(editor.edges)).toEqual(['a.value > z.a', 'a.value > c.a', 'z.value > c.b']);
    expect(texts(editor.edgesInto('z'))).toEqual(['a.value > z.a']);
    expect(texts(editor.edgesOutOf('z'))).toEqual(['z.value > c.b']);
    expect(editor.edgesInto('b')).toEqual([]);
    expect(() => editor.connect('c.value', 'z.b')).toThrow('"z" leads to "c"');
  });

  test('[G17] do not take an id that is used', () => {
    const editor = editorOf({ a: add, b: add }, 'a.value > b.a');
    expect(thrown(editor, () => editor.updateNode('a', { id: 'b', type: 'add' }))).toBeInstanceOf(
      NodeAlreadyInGraphError,
    );
  });

  test('that are unknown cannot be read or updated, and need not be deleted', () => {
    const editor = editorOf({ abc: add });
    expect(thrown(editor, () => editor.getNode('abd'))).toMatchObject({ name: 'NodeNotFoundError', id: 'abd' });
    expect(thrown(editor, () => editor.getNode('abd')).message).toBe(
      'The graph has no node "abd". Did you mean "abc"?',
    );
    expect(thrown(editor, () => editor.updateNode('x', { id: 'x', type: 'add' }))).toBeInstanceOf(NodeNotFoundError);
    expect(editor.deleteNode('x')).toBe(false);
  });

  test('leave with their edges', () => {
    const editor = editorOf({ a: add, b: add, c: add }, 'a.value > b.a', 'b.value > c.a', 'a.value > c.b');
    expect(editor.deleteNode('b')).toBe(true);
    expect(texts(editor.edges)).toEqual(['a.value > c.b']);
    editor.addNode({ id: 'b', type: 'add' });
    expect([editor.edgesInto('b'), editor.edgesOutOf('b')]).toEqual([[], []]);
  });
});

describe('edges', () => {
  const nodes = { a: add, b: add, c: add, image: t2i, n: { type: 'noise' } };
  test.each([
    ['[G18] to the node itself', [], 'a.value > a.b', 'cycle', '"a" leads to "a": the edge would close a circle.'],
    [
      '[G18] that closes a circle of three',
      ['a.value > b.a', 'b.value > c.a'],
      'c.value > a.a',
      'cycle',
      '"a" leads to "c": the edge would close a circle.',
    ],
    ['[G18] from a missing node', [], 'x.value > a.a', 'unknown_node', 'The graph has no node "x".'],
    ['[G18] to a missing node', [], 'a.value > x.a', 'unknown_node', 'The graph has no node "x".'],
    ['from a missing output', [], 'a.val > b.a', 'unknown_field', 'It has "value".'],
    ['to a missing input', [], 'a.value > b.x', 'unknown_field', 'It has "a", "b".'],
    ['to an input of values only', [], 'a.value > n.model', 'edge_not_allowed', 'takes a value only'],
    ['[G18] to an occupied input', ['a.value > c.a'], 'b.value > c.a', 'edge_occupied', 'has an edge from "a.value"'],
    ['[G18] that is there', ['a.value > c.a'], 'a.value > c.a', 'edge_duplicate', 'is there already'],
    ['[G18] of another type', [], 'image.image > a.a', 'edge_type_mismatch', '"image.image" gives image'],
  ])('%s are refused', (_, edges, added, code, message) => {
    const editor = editorOf(nodes, ...edges);
    const error = thrown(editor, () => editor.addEdge(edge(added)));
    expect(error).toBeInstanceOf(InvalidEdgeError);
    expect(error).toMatchObject({ name: 'InvalidEdgeError', edge: edge(added), faults: [{ code }] });
    expect(error.message).toContain(message);
  });

  test('are added, deleted, and an unknown one need not be deleted', () => {
    const editor = editorOf(nodes);
    expect(editor.connect('a.value', 'b.a')).toEqual(edge('a.value > b.a'));
    expect(editor.deleteEdge(edge('a.value > b.b'))).toBe(false);
    expect(editor.deleteEdge(edge('a.value > b.a'))).toBe(true);
    expect(editor.edges).toEqual([]);
    expect(texts([editor.connect('b.value', 'a.a')])).toEqual(['b.value > a.a']);
  });

  test('a port is split at its last dot', () => {
    const editor = editorOf({ 'a.b': add, c: add });
    expect(editor.connect('a.b.value', 'c.a').source).toEqual({ node_id: 'a.b', field: 'value' });
  });

  test('[G37] cannot be changed, nor does a change of what was added reach them', () => {
    const editor = editorOf({ a: add, b: add });
    const given = edge('a.value > b.a');
    const added = editor.addEdge(given);
    given.destination.field = 'b';
    expect(texts(editor.edges)).toEqual(['a.value > b.a']);
    expect(() => {
      added.destination.field = 'b';
    }).toThrow(TypeError);
    expect(() => {
      (added as { source: unknown }).source = given.source;
    }).toThrow(TypeError);
  });
});

describe('edges of control nodes', () => {
  const nodes = {
    r: { type: 'range', stop: 2 },
    s: { type: 'string' },
    i: { type: 'integer' },
    image: t2i,
    it: { type: 'iterate' },
    col: { type: 'collect' },
    f: { type: 'if' },
    sum: add,
    paint: { type: 'color' },
    list: { type: 'list' },
    ints: { type: 'integers' },
  };
  test.each([
    ['[G28] no list into iterate', [], 'i.value > it.collection', 'goes through a list'],
    [
      '[G28] a second list into iterate',
      ['r.collection > it.collection'],
      'ints.collection > it.collection',
      'already',
    ],
    ['[G28] elements into another type', ['r.collection > it.collection'], 'it.item > paint.color', 'gives integer'],
    [
      '[G28] a list whose elements do not fit what its iterator leads to',
      ['it.item > paint.color'],
      'r.collection > it.collection',
      'With this edge, "it.item" gives integer, but "paint.color" takes color',
    ],
    [
      '[G29] an item whose type does not fit, through an iterator, what it leads to',
      ['it.item > paint.color', 'col.collection > it.collection'],
      'i.value > col.item',
      'the type of an iterator’s list must match all inputs that its item leads to',
    ],
    ['[G21] an item of another type', ['image.image > col.item'], 's.value > col.item', 'gathers image already'],
    ['[G22] a list of strings into one of images', ['s.value > col.item'], 'col.collection > list.images', 'string[]'],
    [
      '[G22] an item of another type than the list that its collector leads to',
      ['col.collection > list.images'],
      's.value > col.item',
      'With this edge, "col.collection" gives string[], but "list.images" takes image[]',
    ],
    ['[G23] a gathered list into no list', ['i.value > col.item'], 'col.collection > sum.a', 'gives integer[]'],
    ['[G24] an item of another type than the list', ['r.collection > col.collection'], 's.value > col.item', 'already'],
    ['a second list into collect', ['r.collection > col.collection'], 'ints.collection > col.collection', 'already'],
    ['the same item twice', ['i.value > col.item'], 'i.value > col.item', 'is there already'],
    ['a branch that no input behind takes', ['image.image > f.true_input'], 'f.value > sum.a', 'gives image|null'],
    [
      'a branch that stays on the device, where any is taken behind',
      ['f.value > any.value'],
      'noise.noise > f.true_input',
      'With this edge, "f.value" gives',
    ],
  ])('%s are refused', (_, edges, added, message) => {
    const editor = new GraphEditor(TEST_CATALOGUE, {
      nodes: { ...nodes, any: { type: 'any' }, noise: { type: 'noise' } },
    });
    for (const each of edges) editor.addEdge(edge(each));
    const error = thrown(editor, () => editor.addEdge(edge(added)));
    expect(error).toBeInstanceOf(InvalidEdgeError);
    expect(error.message).toContain(message);
  });

  test.each([
    [
      '[G19] two images, gathered into a list',
      ['image.image > col.item', 'p.image > col.item', 'col.collection > list.images'],
    ],
    ['[G24] a list and an item of its type', ['words.collection > col.collection', 's.value > col.item']],
    [
      '[G25] collectors in a chain, iterated, in any order of adding',
      [
        'it.item > q.prompt',
        'col2.collection > it.collection',
        'col.collection > col2.collection',
        's.value > col.item',
      ],
    ],
    ['[G29] gathered and iterated', ['i.value > col.item', 'col.collection > it.collection', 'it.item > sum.a']],
    [
      '[G30] anything gathered and iterated',
      ['any.value > col.item', 'col.collection > it.collection', 'it.item > any2.value'],
    ],
    ['[G31] an integer into a float', ['i.value > f32.value']],
    ['[G32] strings, one or several', ['s.value > poly.value', 'words.collection > poly2.value']],
    ['[G34] a boolean where an integer is taken', ['yes.value > sum.a']],
  ])('%s are taken', (_, edges) => {
    const editor = new GraphEditor(TEST_CATALOGUE, {
      nodes: {
        ...nodes,
        p: t2i,
        q: { type: 'prompt' },
        words: { type: 'strings' },
        col2: { type: 'collect' },
        any: { type: 'any' },
        any2: { type: 'any' },
        f32: { type: 'float' },
        poly: { type: 'polymorphic' },
        poly2: { type: 'polymorphic' },
        yes: { type: 'boolean' },
      },
    });
    for (const each of edges) editor.addEdge(edge(each));
    expect(texts(editor.edges)).toEqual(edges);
    expect(editor.faults().filter(({ pointer }) => pointer.startsWith('/edges'))).toEqual([]);
  });

  test('are not refused for what was wrong before', () => {
    const editor = editorOf(nodes, 'i.value > f.true_input', 'f.value > paint.color');
    expect(editor.faults().map(({ pointer }) => pointer)).toContain('/edges/1/destination/field');
    editor.connect('image.image', 'f.false_input');
    expect(editor.outputType('f', 'value')).toBe('integer|image');
  });

  test('outputs show their type in this graph, as it changes', () => {
    const editor = editorOf(nodes);
    const types = () => [editor.outputType('it', 'item'), editor.outputType('col', 'collection')];
    expect(types()).toEqual([undefined, undefined]);
    editor.connect('it.item', 'col.item');
    editor.connect('r.collection', 'it.collection');
    expect(types()).toEqual(['integer', 'integer[]']);
    editor.updateNode('it', { id: 'each', type: 'iterate' });
    expect([editor.outputType('each', 'item'), editor.outputType('it', 'item')]).toEqual(['integer', undefined]);
    editor.deleteNode('r');
    expect(editor.outputType('col', 'collection')).toBeUndefined();
    editor.updateNode('f', { id: 'f', type: 'if', true_input: 'x' });
    expect(editor.outputType('f', 'value')).toBe('string|null');
    expect([editor.outputType('each', 'index'), editor.outputType('sum', 'value')]).toEqual(['integer', 'integer']);
    expect(editor.outputType('sum', 'toString')).toBeUndefined();
  });
});

describe('a graph', () => {
  const nodes = { a: { type: 'integer', value: 1 }, b: add, c: { type: 'collect' } };
  const edges = ['a.value > b.a', 'a.value > c.item', 'b.value > c.item'];

  test('[G35] is valid or not, and says why', () => {
    const editor = editorOf({ ...nodes, it: { type: 'iterate' } }, ...edges);
    expect(editor.isValid).toBe(false);
    expect(editor.faults().map(({ pointer }) => pointer)).toEqual(['/nodes/it/collection']);
    editor.connect('c.collection', 'it.collection');
    expect(editor.isValid).toBe(true);
    expect(editorOf({ a: add }, 'a.value > x.a').isValid).toBe(false);
  });

  test('[G38] goes through JSON with its nodes and the ends of its edges', () => {
    const graph = graphOf(nodes, ...edges);
    const editor = new GraphEditor(TEST_CATALOGUE, JSON.parse(JSON.stringify(graph)));
    expect(editor.graph).toEqual(graph);
    expect(Graph.parse(JSON.parse(JSON.stringify(editor)))).toEqual(graph);
    expect(new GraphEditor(TEST_CATALOGUE, { id: 'mine', nodes: {} }).graph).toEqual({
      id: 'mine',
      nodes: {},
      edges: [],
    });
  });

  test('[G37] is copied whole: edits of one do not reach the other, however it was copied', () => {
    const editor = editorOf(nodes, ...edges);
    for (const copy of [editor.copy(), new GraphEditor(TEST_CATALOGUE, JSON.parse(JSON.stringify(editor)))]) {
      expect(copy.equals(editor)).toBe(true);
      copy.deleteEdge(edge('a.value > c.item'));
      copy.connect('a.value', 'b.b');
      copy.updateNode('a', { id: 'a', type: 'integer', value: 2 });
      expect(texts(copy.edgesOutOf('a'))).toEqual(['a.value > b.a', 'a.value > b.b']);
      expect(texts(editor.edgesOutOf('a'))).toEqual(['a.value > b.a', 'a.value > c.item']);
      expect(editor.getNode('a').value).toBe(1);
      expect(copy.equals(editor)).toBe(false);
    }
    editor.getNode('a').value = 9;
    Object.assign(editor.graph.nodes.a ?? {}, { value: 9 });
    expect(editor.getNode('a').value).toBe(1);
  });

  test('[G37] is equal to another by what it holds, not by how it came to be', () => {
    const built = editorOf();
    for (const id of ['x', 'c', 'a', 'b']) built.addNode({ id, ...(nodes[id as 'a'] ?? { type: 'add' }) });
    for (const each of ['a.value > x.a', ...edges]) built.addEdge(edge(each));
    built.deleteNode('x');
    expect(built.equals(new GraphEditor(TEST_CATALOGUE, { nodes: built.graph.nodes, edges: built.edges }))).toBe(true);
    built.deleteEdge(edge('a.value > c.item'));
    built.connect('a.value', 'c.item');
    expect(texts(built.edgesInto('c', 'item'))).toEqual(['b.value > c.item', 'a.value > c.item']);
    expect(built.equals(editorOf(nodes, ...edges))).toBe(false);
  });

  test('that is wrong can be opened, shown and mended', () => {
    const editor = editorOf(
      { a: { type: 'nope' }, b: add, c: add },
      'b.value > c.a',
      'c.value > b.a',
      'b.value > c.a',
      'lost.value > c.b',
    );
    expect(editor.faults().map(({ code }) => code)).toEqual(['unknown_node_type', 'unknown_node', 'cycle']);
    editor.deleteEdge(edge('c.value > b.a'));
    editor.deleteNode('a');
    editor.addNode({ id: 'lost', type: 'integer' });
    expect(editor.isValid).toBe(true);
  });

  test('that is none is refused', () => {
    expect(() => new GraphEditor(TEST_CATALOGUE, { nodes: [] } as never)).toThrow(InvalidGraphError);
    expect(() => new GraphEditor(TEST_CATALOGUE, { nodes: { a: {} } } as never)).toThrow('/nodes/a/type');
  });
});
