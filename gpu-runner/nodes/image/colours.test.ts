import { describe, expect, it } from 'vitest';
import { BLEND_MODES, type BlendMode } from './blend-modes.ts';
import { COLOUR_SPACES } from './colour-space.ts';
import { imageBlendNode } from './img-blend.ts';
import { imageChannelNode } from './img-chan.ts';
import { imageChannelMultiplyNode } from './img-channel-multiply.ts';
import { imageChannelOffsetNode } from './img-channel-offset.ts';
import { imageConvertNode } from './img-conv.ts';
import { imageCropNode } from './img-crop.ts';
import { imageHueAdjustNode } from './img-hue-adjust.ts';
import { imageInverseLerpNode } from './img-ilerp.ts';
import { imageLerpNode } from './img-lerp.ts';
import { imageMultiplyNode } from './img-mul.ts';
import { expectAsPillow, PILLOW, Pictures, picture, pixelsOf } from './testing/pictures.ts';

const pictures = new Pictures();
/** A part of the other photo, as large as chelsea. */
const quarter = async () =>
  (await pictures.run(imageCropNode, { image: await pictures.astronaut(), x: 100, y: 100, width: 240, height: 160 }))
    .image;

describe('img_conv and img_chan', () => {
  it('convert as Pillow does', async () => {
    const veiled = await pictures.veiled();
    expectAsPillow(await pictures.result(imageConvertNode, { image: veiled }), 'convert:veiled:L');
    expectAsPillow(await pictures.result(imageConvertNode, { image: veiled, mode: 'RGB' }), 'convert:veiled:RGB');
    const gray = await pictures.gray();
    expectAsPillow(await pictures.result(imageConvertNode, { image: gray, mode: 'RGBA' }), 'convert:gray:RGBA');
  });

  it('take one channel', async () => {
    const image = await pictures.veiled();
    for (const channel of ['R', 'G', 'B', 'A']) {
      expectAsPillow(await pictures.result(imageChannelNode, { image, channel }), `channel:${channel}`);
    }
    const opaque = await pictures.result(imageChannelNode, { image: await pictures.chelsea() });
    expect(opaque.mode).toBe('L');
    expect(opaque.data.every((value) => value === 255)).toBe(true);
  });
});

describe('img_mul', () => {
  it('multiplies channel by channel, with alpha where one of the two has it', async () => {
    const image2 = await quarter();
    expectAsPillow(
      await pictures.result(imageMultiplyNode, { image1: await pictures.chelsea(), image2 }),
      'multiply:RGB',
    );
    expectAsPillow(
      await pictures.result(imageMultiplyNode, { image1: await pictures.veiled(), image2 }),
      'multiply:RGBA',
    );
  });

  it('refuses images of different sizes', async () => {
    const inputs = { image1: await pictures.chelsea(), image2: await pictures.astronaut() };
    await expect(pictures.run(imageMultiplyNode, inputs)).rejects.toThrow(
      'image1 is 240 × 160 and image2 512 × 512: resize one, they have to be equal',
    );
  });
});

describe('img_lerp and img_ilerp', () => {
  it('narrow and widen the range of colours', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(await pictures.result(imageLerpNode, { image, min: 40, max: 200 }), 'lerp:40:200');
    expectAsPillow(await pictures.result(imageInverseLerpNode, { image, min: 40, max: 200 }), 'ilerp:40:200');
    expectAsPillow(await pictures.result(imageLerpNode, { image, min: 255, max: 0 }), 'lerp:255:0');
    expectAsPillow(await pictures.result(imageInverseLerpNode, { image, min: 255, max: 0 }), 'lerp:255:0');
  });

  it('change nothing by their defaults, and alpha never', async () => {
    const image = await pictures.veiled();
    expect((await pictures.run(imageLerpNode, { image })).image).toEqual(image);
    expect((await pictures.run(imageInverseLerpNode, { image })).image).toEqual(image);
    expectAsPillow(await pictures.result(imageLerpNode, { image, min: 40, max: 200 }), 'lerp:40:200:veiled');
  });

  it('refuse an empty range', async () => {
    const inputs = { image: await pictures.gray(), min: 9, max: 9 };
    await expect(pictures.run(imageInverseLerpNode, inputs)).rejects.toThrow('min and max are both 9');
  });
});

describe('colour spaces', () => {
  const samples = Array.from({ length: 16 * 16 * 16 }, (_, i) => [(i >> 8) * 17, ((i >> 4) & 15) * 17, (i & 15) * 17]);

  it.each(['HSV', 'YCbCr', 'CMYK', 'LAB'] as const)('lead back to the same colour: %s', (name) => {
    const space = COLOUR_SPACES[name];
    for (const [r = 0, g = 0, b = 0] of samples) {
      const parts = space.from(r, g, b);
      for (const part of parts) expect(part).toSatisfy((value: number) => value > -1e-9 && value < 255.500001);
      const back = space.to(parts as never);
      expect(Math.max(...back.map((value, i) => Math.abs(value - ([r, g, b][i] as number))))).toBeLessThan(0.01);
    }
  });

  it('are those of Pillow, within its rounding', () => {
    PILLOW.lab.rgb.forEach(([r = 0, g = 0, b = 0], i) => {
      // LittleCMS reckons in 8 and 16 bits through tables.
      const lab = COLOUR_SPACES.LAB.from(r, g, b);
      for (const part of [0, 1, 2]) expect(Math.abs(lab[part]! - PILLOW.lab.lab[i]![part]!)).toBeLessThan(1.01);
      const ycbcr = COLOUR_SPACES.YCbCr.from(r, g, b);
      for (const part of [0, 1, 2]) expect(Math.abs(ycbcr[part]! - PILLOW.ycbcr[i]![part]!)).toBeLessThan(1.01);
    });
  });
});

describe('img_hue_adjust, img_channel_offset and img_channel_multiply', () => {
  it('turn the hue', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(await pictures.result(imageHueAdjustNode, { image, hue: 100 }), 'hue:100');
    expectAsPillow(await pictures.result(imageHueAdjustNode, { image, hue: -260 }), 'hue:100');
    const primary = await pictures.store(
      picture('RGB', 2, [
        [255, 0, 0],
        [9, 9, 9],
      ]),
    );
    expect(pixelsOf(await pictures.result(imageHueAdjustNode, { image: primary, hue: 120 }))).toEqual([
      [0, 255, 0],
      [9, 9, 9],
    ]);
  });

  it('change one channel', async () => {
    const image = await pictures.chelsea();
    const multiply = (channel: string, scale: number) =>
      pictures.result(imageChannelMultiplyNode, { image, channel, scale });
    const offset = (channel: string, by: number) =>
      pictures.result(imageChannelOffsetNode, { image, channel, offset: by });
    expectAsPillow(await multiply('Saturation (HSV)', 0.817), 'saturation x0.817');
    expectAsPillow(await offset('Black (CMYK)', 60), 'black +60');
    expectAsPillow(await offset('Red (RGBA)', 90), 'red +90');
  });

  it('scale the colour when they add to its value', async () => {
    const image = await pictures.store(
      picture('RGB', 2, [
        [100, 50, 20],
        [250, 125, 0],
      ]),
    );
    const brighter = { image, channel: 'Value (HSV)', offset: 30 };
    // 130 / 100, and 255 / 250, beyond which nothing goes.
    expect(pixelsOf(await pictures.result(imageChannelOffsetNode, brighter))).toEqual([
      [130, 65, 26],
      [255, 128, 0],
    ]);
  });

  it('change alpha alone, or leave it', async () => {
    const image = await pictures.veiled();
    const half = await pictures.result(imageChannelMultiplyNode, { image, channel: 'Alpha (RGBA)', scale: 0.5 });
    expectAsPillow(half, 'alpha x0.5');
    const bright = await pictures.result(imageChannelOffsetNode, { image, channel: 'Luminosity (LAB)', offset: 20 });
    expect(pixelsOf(bright).map(([, , , a]) => a)).toEqual(
      pixelsOf(await pictures.pixels(image)).map(([, , , a]) => a),
    );
  });

  it.each(['Hue (HSV)', 'Cyan (CMYK)', 'A (LAB)', 'Cr (YCbCr)', 'Green (RGBA)', 'Alpha (RGBA)'])(
    'change nothing by their defaults: %s',
    async (channel) => {
      const image = await pictures.veiled();
      for (const node of [imageChannelOffsetNode, imageChannelMultiplyNode]) {
        expect((await pictures.run(node, { image, channel })).image).toEqual(image);
      }
      expect((await pictures.run(imageHueAdjustNode, { image })).image).toEqual(image);
    },
  );

  it('invert a channel after they scaled it', async () => {
    const image = await pictures.store(
      picture('RGB', 2, [
        [10, 20, 30],
        [200, 0, 255],
      ]),
    );
    const inputs = { image, channel: 'Red (RGBA)', scale: 2, invert_channel: true };
    expect(pixelsOf(await pictures.result(imageChannelMultiplyNode, inputs))).toEqual([
      [235, 20, 30],
      [0, 0, 255],
    ]);
  });

  it('give gray a colour and opaque images alpha', async () => {
    const image = await pictures.store(picture('L', 1, [[100]]));
    const red = await pictures.result(imageChannelOffsetNode, { image, channel: 'Red (RGBA)', offset: 50 });
    expect(pixelsOf(red)).toEqual([[150, 100, 100]]);
    const faded = await pictures.result(imageChannelOffsetNode, { image, channel: 'Alpha (RGBA)', offset: -55 });
    expect(pixelsOf(faded)).toEqual([[100, 100, 100, 200]]);
  });
});

describe('img_blend', () => {
  /** Worked out by hand from the formulas of W3C Compositing and Blending, for 51 (0.2) and 204 (0.8) below 102 (0.4). */
  const EXPECTED: Record<BlendMode, [number, number]> = {
    normal: [102, 102],
    multiply: [20, 82],
    screen: [133, 224],
    overlay: [41, 194],
    darken: [51, 102],
    lighten: [102, 204],
    color_dodge: [85, 255],
    color_burn: [0, 128],
    hard_light: [41, 163],
    soft_light: [43, 196],
    difference: [51, 102],
    exclusion: [112, 143],
    add: [153, 255],
    subtract: [0, 102],
  };

  it.each(BLEND_MODES)('mixes opaque colours by the formula of %s', async (blend_mode) => {
    const layer_base = await pictures.store(picture('L', 2, [[51], [204]]));
    const layer_upper = await pictures.store(picture('L', 2, [[102], [102]]));
    const result = await pictures.result(imageBlendNode, { layer_base, layer_upper, blend_mode });
    expect(pixelsOf(result).flat()).toEqual(EXPECTED[blend_mode]);
  });

  it('weighs by opacity and alpha', async () => {
    const layer_base = await pictures.store(picture('RGB', 1, [[100, 100, 100]]));
    const layer_upper = await pictures.store(picture('RGBA', 1, [[200, 0, 100, 128]]));
    // 0.502 · 0.5 = 0.251 of the upper one: 100 + 0.251 · 100 and 100 − 0.251 · 100.
    const result = await pictures.result(imageBlendNode, { layer_base, layer_upper, opacity: 0.5 });
    expect(pixelsOf(result)).toEqual([[125, 75, 100, 255]]);
    const none = await pictures.result(imageBlendNode, { layer_base, layer_upper, opacity: 0 });
    expect(pixelsOf(none)).toEqual([[100, 100, 100, 255]]);
  });

  it('blends only with what is there below', async () => {
    const layer_base = await pictures.store(picture('RGBA', 1, [[0, 0, 0, 0]]));
    const layer_upper = await pictures.store(picture('RGB', 1, [[200, 40, 100]]));
    const result = await pictures.result(imageBlendNode, { layer_base, layer_upper, blend_mode: 'multiply' });
    expect(pixelsOf(result)).toEqual([[200, 40, 100, 255]]);
  });

  it('agrees with img_mul on photos', async () => {
    const [chelsea, other] = [await pictures.chelsea(), await quarter()];
    const inputs = { layer_base: chelsea, layer_upper: other, blend_mode: 'multiply' };
    expectAsPillow(await pictures.result(imageBlendNode, inputs), 'multiply:RGB');
    await expect(
      pictures.run(imageBlendNode, { layer_base: chelsea, layer_upper: await pictures.coffee() }),
    ).rejects.toThrow('the image below is 240 × 160 and the image above 300 × 200');
  });
});
