/**
 * How many bytes of weights an ONNX file has, read from its headers: the weights themselves are skipped, so that a file
 * of gigabytes is looked through in milliseconds. Only what that needs of protobuf and of onnx.proto's field numbers.
 */
import fs from 'node:fs';

export interface OnnxWeights {
  /** Of the file itself. */
  file: number;
  /** Of tensors whose bytes lie in files beside it. */
  external: number;
  /** Of tensors in half precision, wherever they lie. */
  half: number;
}

/** onnx.proto: `ModelProto.graph`, `GraphProto.initializer`, and of `TensorProto` what stands below. */
const [GRAPH, INITIALIZER] = [7, 5];
const [DIMS, DATA_TYPE, DATA_LOCATION] = [1, 2, 14];
const EXTERNAL = 1;
const HALF_TYPES: ReadonlySet<number> = new Set([10, 16]);
/** Bytes of an element by its data type; sub-byte types count as one byte, strings as none. */
const BYTES: Readonly<Record<number, number>> = {
  ...{ 1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 8: 0, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2 },
};

/** Throws when the file is no protobuf. */
export function onnxWeights(path: string): OnnxWeights {
  const fd = fs.openSync(path, 'r');
  try {
    const file = fs.fstatSync(fd).size;
    const weights = { file, external: 0, half: 0 };
    const reader = new Reader(fd);
    for (const field of reader.fields(file)) {
      if (field.number !== GRAPH) continue;
      for (const inner of reader.fields(field.end)) if (inner.number === INITIALIZER) count(reader, inner.end, weights);
    }
    return weights;
  } finally {
    fs.closeSync(fd);
  }
}

function count(reader: Reader, end: number, weights: OnnxWeights): void {
  let [elements, type, location] = [1, 0, 0];
  for (const field of reader.fields(end)) {
    if (field.number === DIMS && field.wire === 2) while (reader.at < field.end) elements *= reader.varint();
    else if (field.number === DIMS) elements *= field.value;
    else if (field.number === DATA_TYPE) type = field.value;
    else if (field.number === DATA_LOCATION) location = field.value;
  }
  const bytes = elements * (BYTES[type] ?? 1);
  if (location === EXTERNAL) weights.external += bytes;
  if (HALF_TYPES.has(type)) weights.half += bytes;
}

interface FieldHead {
  number: number;
  wire: number;
  /** Of a varint. */
  value: number;
  /** Where its bytes end. */
  end: number;
}

/** Looks at a file through a window; what is skipped is never read. */
class Reader {
  at = 0;
  readonly #fd: number;
  readonly #window = Buffer.alloc(4096);
  #from = 0;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The fields up to `end`. Who reads into one may stop anywhere in it. */
  *fields(end: number): Generator<FieldHead> {
    while (this.at < end) {
      const tag = this.varint();
      const head = { number: Math.floor(tag / 8), wire: tag % 8, value: 0, end: 0 };
      if (head.wire === 0) head.value = this.varint();
      else if (head.wire === 2) head.end = this.varint();
      else if (head.wire === 1 || head.wire === 5) head.end = head.wire === 1 ? 8 : 4;
      else throw new Error('it is no ONNX file');
      head.end += this.at;
      if (head.end > end) throw new Error('it ends in the middle');
      yield head;
      this.at = head.end;
    }
  }

  /** Exact up to 2^53, which no size here reaches. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new Error('it is no ONNX file');
    }
  }

  #byte(): number {
    if (this.at < this.#from || this.at >= this.#from + this.#length) {
      this.#from = this.at;
      this.#length = fs.readSync(this.#fd, this.#window, 0, this.#window.length, this.at);
      if (this.#length === 0) throw new Error('it ends in the middle');
    }
    return this.#window[this.at++ - this.#from] ?? 0;
  }
}
