/** Whether a model draws random numbers of its own, as VAE encoders do that were exported with their sampling. */
import { createReadStream } from 'node:fs';

/** All of ONNX that draw. Dropout does in training only, which no inference runs. */
const OPERATORS = [
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
];

/** A node's `op_type` in onnx.proto: field 4, length-delimited; so that names that merely contain the word do not count. */
const MARKS = OPERATORS.map((name) => Buffer.concat([Buffer.of((4 << 3) | 2, name.length), Buffer.from(name)]));

const CHUNK_BYTES = 1 << 20;

/** Of a model's `.onnx` file. Reads through it in pieces: a model may have two gigabytes, and most of it is weights. */
export async function hasRandomOperators(path: string): Promise<boolean> {
  let before = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([before, chunk]);
    if (MARKS.some((mark) => bytes.includes(mark))) return true;
    // A mark may lie across two pieces.
    before = bytes.subarray(-Math.max(...MARKS.map(({ length }) => length)));
  }
  return false;
}
