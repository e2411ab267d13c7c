/**
 * A latent diffusion model in the folder layout of a Stable Diffusion ONNX export (Optimum and diffusers): tokenizer/,
 * text_encoder/, unet/, vae_decoder/, vae_encoder/, scheduler/. Exports differ in types, ranks and names, so each part
 * is used as its own metadata says.
 */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { z } from 'zod';
import type { Conditioning, Latents } from '../diffusion/latents.ts';
import { missingModelFile, modelFileName, readModelJson } from '../diffusion/model-file.ts';
import { type ImageTensor, toPixels } from '../diffusion/pixels.ts';
import { previewLatents } from '../diffusion/preview.ts';
import type { PreviewPixels } from '../diffusion/preview-pixels.ts';
import { encodePrompt, type PromptEncoder } from '../diffusion/prompt-encoder.ts';
import { SchedulerConfig } from '../diffusion/schedule.ts';
import { ClipTokenizer } from '../diffusion/tokenizer.ts';
import { OnnxModel, type SessionOptions, type TensorInfo, type TensorValue } from './onnx-model.ts';
import { floats, inputNamed, integerTensor, numberTensor, onlyInput, outputNamed } from './tensor.ts';

export const PARTS = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'] as const;
type Part = (typeof PARTS)[number];

/** The defaults are Stable Diffusion 1.x and 2.x, whose early exports have no config.json beside the VAE. */
const VaeConfig = z.looseObject({
  scaling_factor: z.number().default(0.18215),
  block_out_channels: z.array(z.number()).default([128, 256, 512, 512]),
});

/** Absent in some early exports; the defaults are Stable Diffusion 1.x. */
const UnetConfig = z.looseObject({
  sample_size: z.union([z.int(), z.tuple([z.int(), z.int()]).transform(([height]) => height)]).default(64),
  in_channels: z.int().optional(),
  block_out_channels: z.array(z.number()).default([320, 640, 1280, 1280]),
});

/** Networks halve what they are given between two of their blocks. */
const factorOf = ({ block_out_channels }: { block_out_channels: number[] }): number =>
  2 ** (block_out_channels.length - 1);

export class DiffusionModel {
  readonly schedulerConfig: SchedulerConfig;
  /** What latents are multiplied by after encoding, and divided by before decoding. */
  readonly scalingFactor: number;
  /** Image pixels to one latent pixel, along a side. */
  readonly downFactor: number;
  /** The side of the pictures that it was trained on, in image pixels. */
  readonly trainedSide: number;
  readonly #folder: string;
  readonly #options: SessionOptions;
  readonly #mend: Mend;
  readonly #tokenizer: ClipTokenizer;
  readonly #channels: number | undefined;
  /** How often the U-Net halves latents, as a factor. */
  readonly #unetFactor: number;
  readonly #parts = new Map<Part, Promise<OnnxModel>>();

  private constructor(folder: string, options: SessionOptions, mend: Mend, read: ReadFiles) {
    this.#folder = folder;
    this.#options = options;
    this.#mend = mend;
    this.#tokenizer = read.tokenizer;
    this.schedulerConfig = read.schedulerConfig;
    this.scalingFactor = read.vaeConfig.scaling_factor;
    this.downFactor = factorOf(read.vaeConfig);
    this.trainedSide = read.unetConfig.sample_size * this.downFactor;
    this.#channels = read.unetConfig.in_channels;
    this.#unetFactor = factorOf(read.unetConfig);
  }

  /**
   * Reads the small files; each network is loaded when it is first needed. `mend` is called when one does not load: it
   * is tried again when that answers true.
   */
  static async load(
    folder: string,
    options: SessionOptions = {},
    mend: Mend = async () => false,
  ): Promise<DiffusionModel> {
    const [tokenizer, scheduler, vaeConfig, unetConfig] = await Promise.all([
      ClipTokenizer.load(join(folder, 'tokenizer')),
      readModelJson(join(folder, 'scheduler', 'scheduler_config.json')),
      readConfig(folder, ['vae_decoder', 'vae_encoder'], VaeConfig),
      readConfig(folder, ['unet'], UnetConfig),
    ]);
    const schedulerConfig = SchedulerConfig.safeParse(scheduler);
    if (!schedulerConfig.success) {
      throw new Error(
        `scheduler_config.json asks for what is not supported:\n${z.prettifyError(schedulerConfig.error)}`,
      );
    }
    return new DiffusionModel(folder, options, mend, {
      tokenizer,
      schedulerConfig: schedulerConfig.data,
      vaeConfig,
      unetConfig,
    });
  }

  /**
   * The prompt as the U-Net takes it, with compel's syntax; float32 [1, tokens, features]. `before` is called before
   * each call of the text encoder: a prompt that is long or weighted takes several.
   */
  encodePrompt(prompt: string, before?: () => Promise<void>): Promise<Conditioning> {
    const tokenizer = this.#tokenizer;
    const encoder: PromptEncoder = {
      tokenize: (text) => tokenizer.tokenize(text),
      windowTokens: tokenizer.maxLength - 2,
      encode: (ids) => this.#encodeWindow(tokenizer.window(ids)),
    };
    return encodePrompt(encoder, prompt, before);
  }

  async #encodeWindow(ids: readonly number[]): Promise<Conditioning> {
    const encoder = await this.#part('text_encoder');
    const input = onlyInput(encoder, 'text_encoder');
    const output = outputNamed(encoder, 'last_hidden_state');
    const results = await encoder.run({ [input.name]: integerTensor(input, ids, [1, ids.length]) }, [output.name]);
    const { dims, data } = floats(results, output);
    return { shape: [dims[0] ?? 0, dims[1] ?? 0, dims[2] ?? 0], data };
  }

  /** One call of the U-Net. `sample` and the result are alike in shape; the conditioning has the sample's batch. */
  async predict(sample: Latents, timestep: number, conditioning: Conditioning): Promise<Float32Array> {
    const unet = await this.#part('unet');
    refuseFurtherInputs(unet, ['sample', 'timestep', 'encoder_hidden_states']);
    const sampleInput = inputNamed(unet, 'sample');
    const states = inputNamed(unet, 'encoder_hidden_states');
    refuseChannels(this.#channels ?? sampleInput.shape[1], sample.shape[1]);
    refuseLength(states.shape[1], conditioning.shape[1]);
    const output = outputNamed(unet, 'out_sample');
    const feeds: Record<string, TensorValue> = {
      sample: numberTensor(sampleInput, sample.data, sample.shape),
      timestep: timestepTensor(inputNamed(unet, 'timestep'), sampleInput, timestep, sample.shape[0]),
      encoder_hidden_states: numberTensor(states, conditioning.data, conditioning.shape),
    };
    const results = await unet.run(feeds, [output.name]).catch((error) => {
      throw this.#misfit(sample) ?? error;
    });
    return floats(results, output).data;
  }

  /** Why the U-Net failed, where it is the size: some exports take any, so it is only asked for afterwards. */
  #misfit({ shape: [, , height, width] }: Latents): Error | undefined {
    const factor = this.#unetFactor;
    if (height % factor === 0 && width % factor === 0) return undefined;
    return new Error(
      `latents of ${width}×${height} do not fit the U-Net: their sides have to be multiples of ${factor}, those of ` +
        `the image multiples of ${factor * this.downFactor} pixels`,
    );
  }

  /** RGB in about −1…1, [batch, 3, height · downFactor, width · downFactor]. */
  async decode({ shape, data }: Latents): Promise<ImageTensor> {
    const decoder = await this.#part('vae_decoder');
    const input = onlyInput(decoder, 'vae_decoder');
    const output = outputNamed(decoder, 'sample');
    const unscaled = data.map((value) => value / this.scalingFactor);
    const results = await decoder.run({ [input.name]: numberTensor(input, unscaled, shape) }, [output.name]);
    const { dims, data: image } = floats(results, output);
    return { shape: [dims[0] ?? 0, dims[1] ?? 0, dims[2] ?? 0, dims[3] ?? 0], data: image };
  }

  /** The mean of what the encoder gives, so that the same image has the same latents; but see `encodesAtRandom`. */
  async encode({ shape, data }: ImageTensor): Promise<Latents> {
    const encoder = await this.#part('vae_encoder');
    const input = onlyInput(encoder, 'vae_encoder');
    const output =
      encoder.outputMetadata.find(({ name }) => name === 'latent_parameters') ?? outputNamed(encoder, 'latent_sample');
    const results = await encoder.run({ [input.name]: numberTensor(input, data, shape) }, [output.name]);
    const { dims, data: encoded } = floats(results, output);
    const [batch = 0, channels = 0, height = 0, width = 0] = dims;
    // "latent_parameters" holds the mean and, in as many channels after it, the logarithm of the variance.
    const kept = output.name === 'latent_parameters' ? channels / 2 : channels;
    const [whole, size] = [channels * height * width, kept * height * width];
    const latents = new Float32Array(batch * size);
    for (let i = 0; i < latents.length; i++) {
      latents[i] = (encoded[Math.floor(i / size) * whole + (i % size)] ?? 0) * this.scalingFactor;
    }
    return { shape: [batch, kept, height, width], data: latents };
  }

  /**
   * True when the encoder itself draws from the distribution that it finds, as older exports do: the same image then
   * has slightly different latents each time, and only another export can change that.
   */
  async encodesAtRandom(): Promise<boolean> {
    return (await this.#part('vae_encoder')).drawsRandomNumbers();
  }

  /** A small picture of latents. */
  async preview(latents: Latents): Promise<PreviewPixels> {
    return toPixels(await this.decode(previewLatents(latents)));
  }

  /** Gives the memory of every loaded part back. A part that failed to load has none. */
  async release(): Promise<void> {
    const parts = await Promise.allSettled(this.#parts.values());
    this.#parts.clear();
    await Promise.all(parts.map((part) => (part.status === 'fulfilled' ? part.value.release() : undefined)));
  }

  #part(part: Part): Promise<OnnxModel> {
    let loading = this.#parts.get(part);
    if (!loading) {
      loading = this.#loadMended(join(this.#folder, part, 'model.onnx'));
      this.#parts.set(part, loading);
      // A failed load is not kept, so that the next session may try again.
      loading.catch(() => this.#parts.delete(part));
    }
    return loading;
  }

  async #loadMended(path: string): Promise<OnnxModel> {
    try {
      return await this.#load(path);
    } catch (error) {
      if (await this.#mend()) return this.#load(path);
      throw error;
    }
  }

  async #load(path: string): Promise<OnnxModel> {
    if (!existsSync(path)) throw missingModelFile(path);
    try {
      return await OnnxModel.load(path, this.#options);
    } catch (error) {
      const message = (error as Error).message.replaceAll(this.#folder + sep, '');
      throw new Error(`the model's ${modelFileName(path)} cannot be loaded: ${message}`, { cause: error });
    }
  }
}

/** Whether files that were damaged or missing are whole now. */
type Mend = () => Promise<boolean>;

interface ReadFiles {
  tokenizer: ClipTokenizer;
  schedulerConfig: SchedulerConfig;
  vaeConfig: z.infer<typeof VaeConfig>;
  unetConfig: z.infer<typeof UnetConfig>;
}

/** The config.json of the first of some parts that has one, else the defaults. */
async function readConfig<Config extends z.ZodType>(
  folder: string,
  parts: readonly Part[],
  schema: Config,
): Promise<z.infer<Config>> {
  const path = parts.map((part) => join(folder, part, 'config.json')).find(existsSync);
  return schema.parse(path === undefined ? {} : await readModelJson(path));
}

/** int64 or float, a scalar, [1], or one for each sample when the dimension is the sample's own batch. */
function timestepTensor(input: TensorInfo, sample: TensorInfo, timestep: number, batch: number): TensorValue {
  const [length] = input.shape;
  const perSample = length !== undefined && (length === batch || (length !== '' && length === sample.shape[0]));
  const values = new Array<number>(perSample ? batch : 1).fill(timestep);
  const dims = input.shape.length === 0 ? [] : [values.length];
  return input.type.startsWith('int')
    ? integerTensor(input, values, dims)
    : numberTensor(input, Float32Array.from(values), dims);
}

/** SDXL's and LCM's networks want more than a prompt; without it they would give noise, or fail obscurely. */
function refuseFurtherInputs(model: OnnxModel, known: readonly string[]): void {
  const further = model.inputMetadata.map(({ name }) => name).filter((name) => !known.includes(name));
  if (further.length > 0) throw new Error(`the U-Net wants inputs that are not supported: ${further.join(', ')}`);
}

/** Networks for inpainting take mask and image as channels of their own; `wanted` is a number, or the name of a size. */
function refuseChannels(wanted: number | string | undefined, given: number): void {
  if (typeof wanted !== 'number' || wanted === given) return;
  const hint = wanted === 9 ? ': networks made for inpainting are not supported, others take a denoise mask' : '';
  throw new Error(`the U-Net takes latents of ${wanted} channels, and these have ${given}${hint}`);
}

function refuseLength(wanted: number | string | undefined, given: number): void {
  if (typeof wanted !== 'number' || wanted === given) return;
  throw new Error(`the U-Net was exported for prompts of ${wanted} tokens, and this one has ${given}: shorten it`);
}
