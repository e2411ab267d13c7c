import { expect, it } from 'vitest';
import { testContext } from '../testing/context.ts';
import { noiseNode } from './noise.ts';

it('noise has the shape of the image in latent pixels', async () => {
  const { noise, ...size } = await testContext().run(noiseNode, { seed: 1, width: 64, height: 32 });
  expect(size).toEqual({ width: 64, height: 32 });
  expect(noise).toMatchObject({ shape: [1, 4, 4, 8], data: { length: 128 } });
});
