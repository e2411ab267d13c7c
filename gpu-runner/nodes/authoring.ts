/** What nodes outside this repository import as `switchyard/nodes`: how a node is written, and pixels to work on. */
export { defineNode, type NodeSpec } from './define-node.ts';
export * from './fields.ts';
export { readMask, readRaster, writeRaster } from './image/image-assets.ts';
export { channelsOf, filled, luma, type Mode, newRaster, type Raster, toByte, toMode } from './image/raster.ts';
export { CanceledError, type InvocationContext, type Node } from './node.ts';
export * from './outputs.ts';
export type { Tensor } from './tensor-value.ts';
