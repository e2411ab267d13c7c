/**
 * ONNX files as data: reads one, changes its graph, writes it again. Only what fixtures need of the protobuf encoding
 * and of onnx.proto's field numbers; what is not touched passes through byte for byte.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** A field of a protobuf message: a number (wire type 0), or bytes (2: length-delimited; 1 and 5: fixed). */
interface Entry {
  field: number;
  wire: number;
  value: bigint | Uint8Array;
}
export type Message = Entry[];

const utf8 = new TextEncoder();
const text = (value: bigint | Uint8Array): string => new TextDecoder().decode(value as Uint8Array);

export function decode(bytes: Uint8Array): Message {
  const message: Message = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [field, wire] = [tag >> 3, tag & 7];
    if (wire === 0) {
      message.push({ field, wire, value: varint() });
      continue;
    }
    const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4;
    message.push({ field, wire, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return message;
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

export function encode(message: Message): Uint8Array {
  const parts = message.flatMap(({ field, wire, value }) => {
    const tag = varintBytes(BigInt((field << 3) | wire));
    if (typeof value === 'bigint') return [Uint8Array.from([...tag, ...varintBytes(value)])];
    const length = wire === 2 ? varintBytes(BigInt(value.length)) : [];
    return [Uint8Array.from([...tag, ...length]), value];
  });
  return Buffer.concat(parts);
}

const number = (field: number, value: number): Entry => ({ field, wire: 0, value: BigInt(value) });
const bytes = (field: number, value: Uint8Array): Entry => ({ field, wire: 2, value });
const string = (field: number, value: string): Entry => bytes(field, utf8.encode(value));
const nested = (field: number, value: Message): Entry => bytes(field, encode(value));
const first = (message: Message, field: number): bigint | Uint8Array | undefined =>
  message.find((entry) => entry.field === field)?.value;

export const DATA_TYPES = { float: 1, int32: 6, int64: 7, float16: 10 } as const;

export interface TensorDefinition {
  name: string;
  type: number;
  dims: readonly number[];
  raw: Uint8Array;
}

/** A dimension is a number, or a name when it may vary. */
export interface ValueDefinition {
  name: string;
  type: number;
  dims: readonly (number | string)[];
}

const attribute = (name: string, value: number): Message => [string(1, name), number(3, value), number(20, 2)];

/** A graph node; attributes are integers, which is all that fixtures use. */
export const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, number> = {},
): Message => [
  ...inputs.map((name) => string(1, name)),
  ...outputs.map((name) => string(2, name)),
  string(4, op),
  ...Object.entries(attributes).map(([name, value]) => nested(5, attribute(name, value))),
];

const tensorMessage = ({ name, type, dims, raw }: TensorDefinition, external?: Message): Message => [
  ...dims.map((dim) => number(1, dim)),
  number(2, type),
  string(8, name),
  ...(external ?? [bytes(9, raw)]),
];

const valueMessage = ({ name, type, dims }: ValueDefinition): Message => {
  const shape = dims.map((dim) => nested(1, [typeof dim === 'number' ? number(1, dim) : string(2, dim)]));
  return [string(1, name), nested(2, [nested(1, [number(1, type), nested(2, shape)])])];
};

function readTensor(message: Message): TensorDefinition {
  return {
    name: text(first(message, 8) as Uint8Array),
    type: Number(first(message, 2)),
    dims: message.filter(({ field }) => field === 1).map(({ value }) => Number(value)),
    raw: first(message, 9) as Uint8Array,
  };
}

function readValue(message: Message): ValueDefinition {
  const tensor = decode(first(decode(first(message, 2) as Uint8Array), 1) as Uint8Array);
  const shape = decode((first(tensor, 2) as Uint8Array | undefined) ?? new Uint8Array());
  const dims = shape.map(({ value }) => {
    const [dim] = decode(value as Uint8Array);
    return typeof dim?.value === 'bigint' ? Number(dim.value) : text(dim?.value ?? new Uint8Array());
  });
  return { name: text(first(message, 1) as Uint8Array), type: Number(first(tensor, 1)), dims };
}

export class OnnxFile {
  nodes: Message[];
  initializers: TensorDefinition[];
  inputs: ValueDefinition[];
  outputs: ValueDefinition[];
  readonly #model: Message;
  readonly #rest: Message;

  constructor(model: Message) {
    const graph = decode(first(model, 7) as Uint8Array);
    const all = (field: number) =>
      graph.filter((entry) => entry.field === field).map(({ value }) => decode(value as Uint8Array));
    this.#model = model;
    this.#rest = graph.filter(({ field }) => ![1, 5, 11, 12, 13].includes(field));
    this.nodes = all(1);
    this.initializers = all(5).map(readTensor);
    this.inputs = all(11).map(readValue);
    this.outputs = all(12).map(readValue);
  }

  static read = (path: string): OnnxFile => new OnnxFile(decode(readFileSync(path)));

  /** IR 8, opset 17, and nothing in it yet. */
  static empty = (): OnnxFile =>
    new OnnxFile([number(1, 8), nested(7, [string(2, 'fixture')]), nested(8, [string(1, ''), number(2, 17)])]);

  /** Renames a value wherever nodes read it (`inputs`) or make it (`outputs`). */
  rename(which: 'inputs' | 'outputs', from: string, to: string): void {
    const field = which === 'inputs' ? 1 : 2;
    this.nodes = this.nodes.map((message) =>
      message.map((entry) => (entry.field === field && text(entry.value) === from ? string(field, to) : entry)),
    );
  }

  /** With `externalData` the tensors over 1 KiB go into a file of that name beside this one. */
  write(path: string, { externalData }: { externalData?: string } = {}): void {
    const outside: Uint8Array[] = [];
    let offset = 0;
    const tensors = this.initializers.map((tensor) => {
      if (externalData === undefined || tensor.raw.length < 1024) return nested(5, tensorMessage(tensor));
      const pairs = { location: externalData, offset: String(offset), length: String(tensor.raw.length) };
      const external = Object.entries(pairs).map(([key, value]) => nested(13, [string(1, key), string(2, value)]));
      outside.push(tensor.raw);
      offset += tensor.raw.length;
      return nested(5, tensorMessage(tensor, [...external, number(14, 1)]));
    });
    const graph = [
      ...this.nodes.map((message) => nested(1, message)),
      ...this.#rest,
      ...tensors,
      ...this.inputs.map((value) => nested(11, valueMessage(value))),
      ...this.outputs.map((value) => nested(12, valueMessage(value))),
    ];
    const model = this.#model.map((entry) => (entry.field === 7 ? nested(7, graph) : entry));
    writeFileSync(path, encode(model));
    if (externalData !== undefined) writeFileSync(path.replace(/[^/]*$/, externalData), Buffer.concat(outside));
  }
}

export const floatTensor = (name: string, dims: readonly number[], values: Float32Array): TensorDefinition => ({
  name,
  type: DATA_TYPES.float,
  dims,
  raw: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

export const int64Tensor = (name: string, values: readonly number[]): TensorDefinition => ({
  name,
  type: DATA_TYPES.int64,
  dims: [values.length],
  raw: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
