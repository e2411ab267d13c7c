import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRandomOperators } from './random-operators.ts';

function fileOf(...parts: (string | Buffer)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-random-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'model.onnx');
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return path;
}

const operator = (name: string) => Buffer.concat([Buffer.of(0x22, name.length), Buffer.from(name)]);

describe('random operators', () => {
  const names = ['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'];
  it.each(names)('are found: %s', async (name) => {
    expect(await hasRandomOperators(fileOf('weights', operator(name), 'more'))).toBe(true);
  });

  it('are found where they lie across two pieces of the file', async () => {
    for (const before of [-1, -5, -17, 0]) {
      expect(await hasRandomOperators(fileOf(Buffer.alloc((1 << 20) + before), operator('RandomNormalLike')))).toBe(
        true,
      );
    }
  });

  it('are not what is merely called so', async () => {
    expect(await hasRandomOperators(fileOf('/encoder/RandomNormalLike_output_0', operator('Conv')))).toBe(false);
    expect(await hasRandomOperators(fileOf(''))).toBe(false);
  });
});
