/** A file that holds a graph, a batch, or a whole enqueue body, and what --set and --zip make of it. */
import type { BatchInput } from '../../client/queue.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { BatchDatum, BatchValue } from '../../contract/queue/batch.ts';
import {
  type AssignedValue,
  type Assignment,
  AssignmentError,
  LineFile,
  LocalFile,
  type ModelValue,
  parseTarget,
  valuesOfLines,
} from './assignment.ts';
import type { FieldKind } from './field-kind.ts';
import { type OpenGraph, type Place, Targets } from './target.ts';

type Batch = BatchInput['batch'];

/** What a graph names of a stored file. */
export type StoredFile = { image_name: string } | { asset_name: string; content_type: string };

/** The world outside of the document. */
export interface Surroundings {
  catalogue: Catalogue;
  /** Stores a file, or each one in a folder. */
  store(file: LocalFile): Promise<StoredFile[]>;
  lines(file: LineFile): Promise<string[]>;
}

export interface Changes {
  assignments: readonly Assignment[];
  /** Each names assignments, as they were written, that vary in step with each other. */
  zips: readonly (readonly string[])[];
}

/**
 * Tells the three kinds of document apart by their keys; the service checks everything else. Their `$schema` is for the
 * editor that they are written in.
 */
export function batchOf(file: unknown): BatchInput {
  if (isObject(file)) {
    const { $schema: _, ...document } = file;
    if (isObject(document.batch)) return document as unknown as BatchInput;
    if (isObject(document.graph)) return { batch: document as unknown as Batch };
    if (isObject(document.nodes)) return { batch: { graph: document as unknown as Batch['graph'] } };
  }
  throw new AssignmentError('The file is neither a graph {nodes, edges} nor a batch {graph, data, …}.');
}

/**
 * Single values change the graph; lists become data of the batch, each its own factor of the product unless a zip binds
 * it to others. Where the graph has a list, a list is one value: it takes the place of that one. What the document
 * varies itself gives way to what is set.
 */
export async function assign(
  body: BatchInput,
  { assignments, zips }: Changes,
  surroundings: Surroundings,
): Promise<BatchInput> {
  const batch = structuredClone(body.batch);
  const graph = batch.graph as OpenGraph;
  const targets = new Targets(graph, surroundings.catalogue);
  const found = assignments.map((assignment) => ({ assignment, place: targets.find(assignment) }));
  const factors = groups(
    found.map(({ place }) => place),
    zips.map((zip) => zip.map((target) => targets.find(parseTarget(target)))),
  );
  const data = without((batch.data ?? []) as BatchDatum[][], new Set(found.map(({ place }) => key(place))));
  const set = new Map(found.map(({ assignment, place }) => [key(place), assignment]));
  for (const factor of factors) {
    const columns: BatchDatum[] = [];
    for (const place of factor) {
      const kind = targets.kind(place);
      const given = set.get(key(place))?.values(kind) ?? [];
      const values = await read(given, kind, surroundings);
      const items = kind.list && !values.some(Array.isArray) ? [values] : values;
      columns.push({ ...place, items: items as BatchValue[] });
    }
    checkLengths(columns);
    if (columns.every(({ items }) => items.length === 1)) {
      for (const { node_path, field_name, items } of columns) {
        const node = graph.nodes[node_path];
        if (node) node[field_name] = items[0];
      }
    } else {
      for (const column of columns) checkVariable(column);
      data.push(columns);
    }
  }
  return { ...body, batch: data.length > 0 ? { ...batch, data } : withoutData(batch) };
}

/** The factors of the product: a zip stands where the first of its fields does. */
function groups(places: readonly Place[], zips: readonly (readonly Place[])[]): Place[][] {
  const twice = places.find((place, index) => places.findIndex((other) => key(other) === key(place)) !== index);
  if (twice) throw new AssignmentError(`${key(twice)} is set twice.`);
  const set = new Set(places.map(key));
  const zipOf = new Map<string, readonly Place[]>();
  for (const zip of zips)
    for (const place of zip) {
      if (!set.has(key(place))) throw new AssignmentError(`--zip names ${key(place)}, which no --set sets.`);
      if (zipOf.has(key(place))) throw new AssignmentError(`--zip names ${key(place)} twice.`);
      zipOf.set(key(place), zip);
    }
  const factors = new Map<readonly Place[] | string, Place[]>();
  for (const place of places) {
    const name = zipOf.get(key(place)) ?? key(place);
    factors.set(name, [...(factors.get(name) ?? []), place]);
  }
  return [...factors.values()];
}

/** What is left of a document's own data; of fields that varied in step the others still do. */
const without = (data: readonly BatchDatum[][], set: ReadonlySet<string>): BatchDatum[][] =>
  data.map((group) => group.filter((datum) => !set.has(key(datum)))).filter((group) => group.length > 0);

function withoutData({ data: _, ...batch }: Batch): Batch {
  return batch;
}

async function read(
  values: readonly AssignedValue[],
  kind: FieldKind,
  surroundings: Surroundings,
): Promise<(BatchValue | ModelValue | StoredFile)[]> {
  const all: (BatchValue | ModelValue | StoredFile)[] = [];
  for (const value of values)
    if (value instanceof LineFile)
      all.push(...(await read(valuesOfLines(await surroundings.lines(value), kind), kind, surroundings)));
    else if (value instanceof LocalFile) all.push(...(await surroundings.store(value)));
    else all.push(value);
  return all;
}

function checkLengths(columns: readonly BatchDatum[]): void {
  const lengths = new Set(columns.map(({ items }) => items.length));
  if (lengths.size > 1)
    throw new AssignmentError(
      `What varies in step has as many values each: ${columns.map((column) => `${key(column)} has ${column.items.length}`).join(', ')}.`,
    );
  const empty = columns.find(({ items }) => items.length === 0);
  if (empty) throw new AssignmentError(`${key(empty)} is set to no value at all.`);
}

function checkVariable(column: BatchDatum): void {
  if (column.items.some((value) => isObject(value) && !('image_name' in value)))
    throw new AssignmentError(`${key(column)} can be set, but a batch cannot vary it: only texts, numbers and images.`);
}

const key = ({ node_path, field_name }: Place): string => `${node_path}.${field_name}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
