/** Batches: a graph, what varies in it, and how often. What a field may be varied by is checked when it compiles. */
import type { z } from 'zod';
import { BATCH_ITEMS_MAX } from '../../contract/limits.ts';
import type { BatchDatum, EnqueueBatchBody } from '../../contract/queue/batch.ts';
import { type GraphSource, plainGraph } from '../run/graph-source.ts';
import type { Takes } from './handle.ts';
import { GraphError } from './literal.ts';
import type { ImageRef } from './value.ts';

type Scalar = string | number | boolean;
/** What a batch can put into a field: text, numbers, true or false, lists of these, images. */
type Substitute = Scalar | readonly Scalar[] | ImageRef;

/** The values that an input may be varied by. */
export type VariedValue<Input> = Extract<Input, Substitute>;

/** The inputs that a batch can vary. */
export type VariedField<Inputs> = {
  [Field in keyof Inputs]-?: [VariedValue<Inputs[Field]>] extends [never] ? never : Field;
}[keyof Inputs] &
  string;

/** Fields that vary together: item after item each takes its next value. */
export type Variation = readonly BatchDatum[];

/** The values that one field takes, one an item. */
export function vary<Inputs extends object, Field extends VariedField<Inputs>>(
  node: Takes<Inputs>,
  field: Field,
  items: readonly VariedValue<Inputs[Field]>[],
): Variation {
  return [{ node_path: node.id, field_name: field, items: [...items] as BatchDatum['items'] }];
}

/** Varies fields together, the first value of one with the first of the other: all must have as many. */
export function zip(...variations: readonly Variation[]): Variation {
  const fields = variations.flat();
  const length = fields[0]?.items.length ?? 0;
  for (const { node_path, field_name, items } of fields)
    if (items.length !== length)
      throw new GraphError(
        `What varies together has as many values each: "${fields[0]?.node_path}.${fields[0]?.field_name}" has ${length}, "${node_path}.${field_name}" ${items.length}.`,
      );
  return fields;
}

/** Every combination: the first varies slowest, the last fastest. */
export const product = (...variations: readonly Variation[]): readonly Variation[] => variations;

/** Whole numbers from `first` to `last`, both included, also downwards. */
export function range(first: number, last: number, step = first <= last ? 1 : -1): number[] {
  if (![first, last, step].every(Number.isSafeInteger) || step === 0 || Math.sign(last - first) * step < 0)
    throw new GraphError(
      `range(${first}, ${last}, ${step}) never ends there; give whole numbers, and a step that leads from the first to the last.`,
    );
  const length = Math.floor((last - first) / step) + 1;
  if (length > BATCH_ITEMS_MAX)
    throw new GraphError(`range(${first}, ${last}, ${step}) has ${length} numbers; ${BATCH_ITEMS_MAX} are the most.`);
  return Array.from({ length }, (_, index) => first + index * step);
}

type BatchFields = Omit<z.input<typeof EnqueueBatchBody>['batch'], 'graph' | 'data'>;
type BodyFields = Omit<z.input<typeof EnqueueBatchBody>, 'batch'>;

export interface BatchOptions extends BatchFields, BodyFields {
  /** One variation, or several whose every combination makes an item: `product(vary(…), zip(vary(…), vary(…)))`. */
  vary?: Variation | readonly Variation[];
}

/** The body of `queue.enqueueBatch`: as many items as what varies has combinations, `runs` times. */
export function batch(source: GraphSource, options: BatchOptions = {}): z.input<typeof EnqueueBatchBody> {
  const { vary: varied = [], prepend, allow_partial, ...rest } = options;
  const data = (isProduct(varied) ? varied : [varied]).filter((variation) => variation.length > 0);
  return {
    batch: {
      ...rest,
      graph: plainGraph(source),
      ...(data.length === 0 ? {} : { data: data.map((variation) => [...variation]) }),
    },
    ...(prepend === undefined ? {} : { prepend }),
    ...(allow_partial === undefined ? {} : { allow_partial }),
  };
}

const isProduct = (varied: Variation | readonly Variation[]): varied is readonly Variation[] =>
  Array.isArray(varied[0]);
