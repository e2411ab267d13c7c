import { describe, expect, test } from 'vitest';
import { manifestFaults } from './models.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

describe('a manifest', () => {
  test('may hold the same bytes under two paths', () => {
    const files = [
      { path: 'unet/model.onnx', sha256: A, size: 1 },
      { path: 'vae/model.onnx', sha256: A, size: 1 },
    ];
    expect(manifestFaults(files)).toEqual([]);
  });

  test('names every path and size that cannot be', () => {
    const files = [
      { path: 'unet', sha256: A, size: 1 },
      { path: 'unet/model.onnx', sha256: B, size: 1 },
      { path: 'unet', sha256: A, size: 2 },
    ];
    expect(manifestFaults(files).map((fault) => fault.pointer)).toEqual([
      '/files/1/path',
      '/files/2/path',
      '/files/2/size',
    ]);
  });
});
