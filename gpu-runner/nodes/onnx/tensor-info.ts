/** What a model says about its inputs and outputs, in words. @pure */
import type { TensorInfo } from '../../models/onnx-model.ts';

const shapeText = (shape: readonly (number | string)[]): string => `[${shape.map((size) => size || '?').join(', ')}]`;

/** `image: float32[1, 3, height, width]`; a size that may vary is its name, or `?` when it has none. */
export const described = ({ name, type, shape }: TensorInfo): string => `${name}: ${type}${shapeText(shape)}`;

export const listed = (infos: readonly TensorInfo[]): string => infos.map(described).join(', ');
