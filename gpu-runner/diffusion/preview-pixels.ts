/** RGB pixels, 8 bits a channel, row by row: what a preview is made from. */
export interface PreviewPixels {
  width: number;
  height: number;
  rgb: Uint8Array;
}
