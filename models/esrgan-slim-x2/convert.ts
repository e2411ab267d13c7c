/**
 * Makes model.onnx of the package @upscalerjs/esrgan-slim: `node models/esrgan-slim-x2/convert.ts PACKAGE_FOLDER`.
 *
 * The package holds a Keras model as TensorFlow.js has it: a graph of layers in model.json, and the weights one after
 * the other in a binary file. Of its layers there are Conv2D, ReLU, Concatenate, Add and UpSampling2D, each of which is
 * one ONNX node. Keras has channels last; here they come first, as onnxruntime computes: kernels are transposed, data
 * never is. ONNX is a protobuf format, of which writing needs little: see onnx.proto3 of ONNX for the field numbers.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCALE = 2;

interface Layer {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  inbound_nodes: [string, number, number, unknown][][];
}

interface Keras {
  modelTopology: { model_config: { config: { layers: Layer[]; output_layers: [string, number, number][] } } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

const utf8 = new TextEncoder();

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** Fields of a message: a number, or bytes with their length before them. */
const number = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field << 3), ...varint(value)]);
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]), value]);
const text = (field: number, value: string): Uint8Array => bytes(field, utf8.encode(value));
const message = (field: number, ...parts: Uint8Array[]): Uint8Array => bytes(field, Buffer.concat(parts));

const FLOAT = 1;

function attribute(name: string, value: string | number | number[]): Uint8Array {
  if (typeof value === 'string') return message(5, text(1, name), text(4, value), number(20, 3));
  if (typeof value === 'number') return message(5, text(1, name), number(3, value), number(20, 2));
  return message(5, text(1, name), ...value.map((each) => number(8, each)), number(20, 7));
}

function node(op: string, inputs: string[], output: string, attributes: Record<string, string | number | number[]>) {
  const given = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, op), ...given);
}

function initializer(name: string, dims: number[], values: Float32Array): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(5, ...dims.map((dim) => number(1, dim)), number(2, FLOAT), text(8, name), bytes(9, raw));
}

function value(field: number, name: string, dims: (number | string)[]): Uint8Array {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)));
  return message(field, text(1, name), message(2, message(1, number(1, FLOAT), message(2, ...shape))));
}

/** [height, width, in, out] becomes [out, in, height, width]. */
function kernelToOnnx(shape: number[], values: Float32Array): { dims: number[]; values: Float32Array } {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = shape;
  const result = new Float32Array(values.length);
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let spot = 0; spot < height * width; spot++) {
        result[at++] = values[(spot * inputs + i) * outputs + o] ?? 0;
      }
    }
  }
  return { dims: [outputs, inputs, height, width], values: result };
}

function readWeights(folder: string, { weightsManifest }: Keras): Map<string, { shape: number[]; values: Float32Array }> {
  const weights = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const group of weightsManifest) {
    const all = Buffer.concat(group.paths.map((file) => readFileSync(path.join(folder, file))));
    const floats = new Float32Array(Uint8Array.from(all).buffer);
    let at = 0;
    for (const { name, shape, dtype } of group.weights) {
      if (dtype !== 'float32') throw new Error(`weight ${name} is ${dtype}; only float32 is expected`);
      const length = shape.reduce((product, size) => product * size, 1);
      weights.set(name, { shape, values: floats.slice(at, at + length) });
      at += length;
    }
  }
  return weights;
}

function convert(folder: string): Uint8Array {
  const keras = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')) as Keras;
  const { layers, output_layers } = keras.modelTopology.model_config.config;
  const weights = readWeights(folder, keras);
  const nodes: Uint8Array[] = [];
  const initializers: Uint8Array[] = [];
  const last = output_layers[0]?.[0];
  const weight = (name: string) => {
    const found = weights.get(name);
    if (!found) throw new Error(`there is no weight ${name}`);
    return found;
  };
  const outputOf = (name: string) => (name === last ? 'upscaled' : name);
  const names = new Map<string, string>();
  for (const { class_name, name, config, inbound_nodes } of layers) {
    const inputs = (inbound_nodes[0] ?? []).map(([from]) => names.get(from) ?? from);
    const output = outputOf(name);
    names.set(name, output);
    switch (class_name) {
      case 'InputLayer':
        names.set(name, 'image');
        break;
      case 'Conv2D': {
        if (config.activation !== 'linear') throw new Error(`${name}: activation ${config.activation}`);
        const kernel = weight(`${name}/kernel`);
        const bias = weight(`${name}/bias`);
        const { dims, values } = kernelToOnnx(kernel.shape, kernel.values);
        const [, , height = 1, width = 1] = dims;
        // Odd kernels in steps of one: "same" is as much on every side; "valid" occurs with 1 × 1 alone.
        const [y, x] = [(height - 1) / 2, (width - 1) / 2];
        initializers.push(initializer(`${name}/kernel`, dims, values), initializer(`${name}/bias`, bias.shape, bias.values));
        const attributes = { kernel_shape: [height, width], pads: [y, x, y, x] };
        nodes.push(node('Conv', [...inputs, `${name}/kernel`, `${name}/bias`], output, attributes));
        break;
      }
      case 'Activation':
        if (config.activation !== 'relu') throw new Error(`${name}: activation ${config.activation}`);
        nodes.push(node('Relu', inputs, output, {}));
        break;
      case 'Concatenate':
        nodes.push(node('Concat', inputs, output, { axis: 1 }));
        break;
      case 'Add':
        nodes.push(node('Add', inputs, output, {}));
        break;
      case 'UpSampling2D': {
        initializers.push(initializer(`${name}/scales`, [4], Float32Array.of(1, 1, SCALE, SCALE)));
        const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
        nodes.push(node('Resize', [inputs[0] ?? '', '', `${name}/scales`], output, nearest));
        break;
      }
      default:
        throw new Error(`${name}: there is no way to convert ${class_name}`);
    }
  }
  const graph = message(
    7,
    ...nodes,
    text(2, 'esrgan-slim'),
    ...initializers,
    value(11, 'image', ['batch', 3, 'height', 'width']),
    value(12, 'upscaled', ['batch', 3, 'upscaled_height', 'upscaled_width']),
  );
  // IR version 8 goes with operator set 17.
  return Buffer.concat([number(1, 8), text(2, 'convert.ts'), graph, message(8, text(1, ''), number(2, 17))]);
}

const [, , source] = process.argv;
if (source === undefined) throw new Error('usage: node models/esrgan-slim-x2/convert.ts PACKAGE_FOLDER');
const target = fileURLToPath(new URL('model.onnx', import.meta.url));
const model = convert(path.join(source, 'models', `x${SCALE}`));
writeFileSync(target, model);
console.log(`${target}: ${model.length} bytes`);
