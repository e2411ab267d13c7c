import { expect, it } from 'vitest';
import { CanceledError } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { noiseNode } from './noise.ts';

it('noise has the shape of the image in latent pixels', async () => {
  const { noise, ...size } = await testContext().run(
    noiseNode,
    withDefaults(noiseNode, { seed: 1, width: 64, height: 32 }),
  );
  expect(size).toEqual({ width: 64, height: 32 });
  expect(noise).toMatchObject({ shape: [1, 4, 4, 8], data: { length: 128 } });
});

it('takes what the user interface of InvokeAI sends with it, to no effect', async () => {
  const [on, off] = [true, false].map((use_cpu) => {
    return testContext().run(noiseNode, withDefaults(noiseNode, { width: 64, height: 64, use_cpu }));
  });
  expect(await on).toEqual(await off);
});

it('of the largest image can be canceled on the way', async () => {
  const context = testContext();
  context.checkpoint = async () => {
    if (++context.checkpoints === 3) throw new CanceledError('canceled');
  };
  const large = withDefaults(noiseNode, { width: 8192, height: 8192 });
  await expect(context.run(noiseNode, large)).rejects.toThrow(CanceledError);
});
