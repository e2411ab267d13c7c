/** A device child with nodes that misbehave on request, beside the simplest built-in ones. */
import { startDevice } from '../../gpu-runner/device/device.ts';
import { defineNode } from '../../gpu-runner/nodes/define-node.ts';
import { image, integer, string } from '../../gpu-runner/nodes/fields.ts';
import { addNode } from '../../gpu-runner/nodes/math/add.ts';
import type { InvocationContext } from '../../gpu-runner/nodes/node.ts';
import { onnxInfoNode } from '../../gpu-runner/nodes/onnx/onnx-info.ts';
import { integerNode } from '../../gpu-runner/nodes/primitives/integer.ts';
import { stringNode } from '../../gpu-runner/nodes/primitives/string.ts';
import { nodesByType } from '../../gpu-runner/nodes/registry.ts';

type Deed = (value: number, context: InvocationContext) => number | Promise<number>;

const doing = (type: string, deed: Deed) =>
  defineNode({
    type,
    version: '1.0.0',
    title: type,
    category: 'test',
    deterministic: true,
    inputs: { value: integer({ default: 0 }) },
    output_type: 'integer_output',
    outputs: { value: integer({}) },
    invoke: async ({ value }, context) => ({ value: await deed(value, context) }),
  });

export class DeedError extends Error {
  override name = 'DeedError';
}

/** Runs until it is canceled. */
const steps = doing('steps', async (_, context) => {
  for (;;) {
    await context.checkpoint();
    await context.progress({ message: 'stepping', percentage: 0.5 });
  }
});

/** Neither ends nor lets anything in. */
const hang = doing('hang', () => {
  for (;;);
});

/** Quick, but for one value, with which it neither ends nor lets anything in. */
const hangAtSeven = doing('hang_at_seven', (value) => {
  while (value === 7);
  return value;
});

/** Takes memory without end, outside the JavaScript heap. */
const allocate = doing('allocate', () => {
  const taken: Buffer[] = [];
  for (;;) taken.push(Buffer.alloc(4 * 1024 * 1024, 1));
});

/** The same inside of it. */
const fillHeap = doing('fill_heap', () => {
  const taken: number[][] = [];
  for (;;) taken.push(Array.from({ length: 10_000 }, Math.random));
});

const leave = doing('leave', () => process.exit(3));

/** Leaves a promise behind that nobody waits for, and which fails. */
const stray = doing('stray', (value) => {
  void Promise.reject(new Error('left behind'));
  return value;
});

const die = doing('die', () => {
  process.kill(process.pid, 'SIGKILL');
  return 0;
});

/** Logs so many lines. */
const speak = doing('speak', (value, context) => {
  for (let line = 0; line < value; line++) context.log(`line ${line}`);
  return value;
});

/** Is killed right after what it logged. */
const lastWords = doing('last_words', (_, context) => {
  context.log('goodbye');
  process.kill(process.pid, 'SIGKILL');
  return 0;
});

/** Which process runs it. */
const pid = doing('pid', () => process.pid);

const fail = doing('fail', () => {
  throw new DeedError('it did not work');
});

const write = defineNode({
  type: 'write',
  version: '1.0.0',
  title: 'write',
  category: 'test',
  deterministic: true,
  inputs: { text: string({ default: '' }) },
  output_type: 'image_output',
  outputs: { image: image({}) },
  invoke: async ({ text }, context) => {
    const name = await context.assets.write(Buffer.from(text), 'text/plain');
    await context.assets.read(name);
    return { image: { image_name: name } };
  },
});

/** Writes more at once than may be on its way up, and does not wait in between. */
const writeMuch = doing('write_much', async (count, context) => {
  const size = 4 * 1024 * 1024;
  const names = Array.from({ length: count }, (_, index) =>
    context.assets.write(Buffer.alloc(size, index + 1), 'text/plain'),
  );
  return (await Promise.all(names)).length;
});

const read = defineNode({
  type: 'read',
  version: '1.0.0',
  title: 'read',
  category: 'test',
  deterministic: true,
  inputs: { image: image({}) },
  output_type: 'string_output',
  outputs: { value: string({}) },
  invoke: async ({ image: { image_name } }, context) => ({
    value: Buffer.from(await context.assets.read(image_name)).toString(),
  }),
});

const long = defineNode({
  type: 'long',
  version: '1.0.0',
  title: 'long',
  category: 'test',
  deterministic: true,
  inputs: { length: integer({ default: 0, minimum: 0 }) },
  output_type: 'string_output',
  outputs: { value: string({}) },
  invoke: ({ length }) => ({ value: 'x'.repeat(length) }),
});

/** A gray square, as a PNG. */
const paint = defineNode({
  type: 'paint',
  version: '1.0.0',
  title: 'paint',
  category: 'test',
  deterministic: true,
  inputs: { side: integer({ default: 1, minimum: 1 }) },
  output_type: 'image_output',
  outputs: { image: image({}) },
  invoke: async ({ side }, context) => {
    const { default: sharp } = await import('sharp');
    const background = { r: 99, g: 99, b: 99 };
    const picture = sharp({ create: { width: side, height: side, channels: 3, background } });
    return { image: { image_name: await context.assets.write(await picture.png().toBuffer(), 'image/png') } };
  },
});

/** Takes long enough to be seen in a profile, and calls itself so that it is a function there however it is compiled. */
const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

/** One inference of a model of whole numbers, on zeros, and some computing. */
const infer = defineNode({
  type: 'infer',
  version: '1.0.0',
  title: 'infer',
  category: 'test',
  deterministic: true,
  inputs: { key: string({ default: '' }) },
  output_type: 'integer_output',
  outputs: { value: integer({}) },
  invoke: async ({ key }, context) => {
    const model = await context.models.onnx({ key });
    const [input] = model.inputMetadata;
    const dims = (input?.shape ?? []).map((size) => (typeof size === 'number' ? size : 1));
    const data = new BigInt64Array(dims.reduce((size, dim) => size * dim, 1));
    await model.run({ [input?.name ?? '']: { type: 'int64', dims, data } });
    return { value: fibonacci(30) };
  },
});

startDevice({
  nodes: nodesByType([
    stray,
    ...[integerNode, stringNode, addNode, steps, hang, hangAtSeven, die, leave, allocate, fillHeap, pid, fail],
    ...[write, writeMuch, read, long, paint, infer, onnxInfoNode],
    speak,
    lastWords,
  ]),
});
