/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { applyMaskToImageNode } from './apply-mask-to-image.ts';
import { blankImageNode } from './blank-image.ts';
import { createMaskFromBoxNode } from './create-mask-from-box.ts';
import { cropImageToBoundingBoxNode } from './crop-image-to-bounding-box.ts';
import { getImageMaskBoundingBoxNode } from './get-image-mask-bounding-box.ts';
import { imageGridNode } from './image-grid.ts';
import { imageInfoNode } from './image-info.ts';
import { imageBlendNode } from './img-blend.ts';
import { imageBlurNode } from './img-blur.ts';
import { imageChannelNode } from './img-chan.ts';
import { imageChannelMultiplyNode } from './img-channel-multiply.ts';
import { imageChannelOffsetNode } from './img-channel-offset.ts';
import { imageConvertNode } from './img-conv.ts';
import { imageConvertFormatNode } from './img-convert-format.ts';
import { imageCropNode } from './img-crop.ts';
import { imageFlipNode } from './img-flip.ts';
import { imageHueAdjustNode } from './img-hue-adjust.ts';
import { imageInverseLerpNode } from './img-ilerp.ts';
import { imageLerpNode } from './img-lerp.ts';
import { imageMaskThresholdNode } from './img-mask-threshold.ts';
import { imageMultiplyNode } from './img-mul.ts';
import { imagePadCropNode } from './img-pad-crop.ts';
import { imagePasteNode } from './img-paste.ts';
import { imageResizeNode } from './img-resize.ts';
import { imageRotateNode } from './img-rotate.ts';
import { imageScaleNode } from './img-scale.ts';
import { loadImageNode } from './load-image.ts';
import { maskCombineNode } from './mask-combine.ts';
import { maskFromIdNode } from './mask-from-id.ts';
import { pasteImageIntoBoundingBoxNode } from './paste-image-into-bounding-box.ts';
import { saveImageNode } from './save-image.ts';
import { maskFromAlphaNode } from './tomask.ts';
import { unsharpMaskNode } from './unsharp-mask.ts';

export const IMAGE_NODES: readonly Node[] = [
  loadImageNode,
  saveImageNode,
  blankImageNode,
  imageInfoNode,
  imageConvertFormatNode,
  imageGridNode,
  imageResizeNode,
  imageScaleNode,
  imageCropNode,
  imagePadCropNode,
  cropImageToBoundingBoxNode,
  imageFlipNode,
  imageRotateNode,
  imagePasteNode,
  pasteImageIntoBoundingBoxNode,
  imageBlendNode,
  imageBlurNode,
  unsharpMaskNode,
  imageConvertNode,
  imageChannelNode,
  imageMultiplyNode,
  imageLerpNode,
  imageInverseLerpNode,
  imageHueAdjustNode,
  imageChannelOffsetNode,
  imageChannelMultiplyNode,
  maskFromAlphaNode,
  maskFromIdNode,
  imageMaskThresholdNode,
  createMaskFromBoxNode,
  getImageMaskBoundingBoxNode,
  maskCombineNode,
  applyMaskToImageNode,
];
