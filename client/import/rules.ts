/**
 * How nodes of InvokeAI become nodes of ours where type, fields or values differ. A type that has no rule here and that
 * the catalogue has is shared by name and meaning. docs/importing.md is generated from this table. @pure
 */
import { NEAREST_SCHEDULERS } from './schedulers.ts';

interface Changes {
  /** Our type, where its name differs. */
  type?: string;
  /** InvokeAI's input → ours, where its name differs. */
  inputs?: Readonly<Record<string, string>>;
  outputs?: Readonly<Record<string, string>>;
  /** Inputs that we lack and that change nothing at these values. */
  idle?: Readonly<Record<string, readonly unknown[] | 'any'>>;
  /** Inputs that cannot be taken along whatever they hold, and what to do. */
  given?: Readonly<Record<string, string>>;
  /** Values of ours for values of InvokeAI's, by our field: another word for the same. */
  words?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The same, for something similar: said to whoever imports. */
  nearest?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Said once for each such node that is imported. `ID` stands for its id. */
  note?: string;
}

export type Rule =
  | ({ kind: 'mapped' } & Changes)
  /** Its inputs go straight to where its outputs went: output → input. Nothing is lost in one of the `idle` cases. */
  | {
      kind: 'bypassed';
      through: Readonly<Record<string, string>>;
      idle: readonly Readonly<Record<string, readonly unknown[]>>[];
      why: string;
    }
  /** Its value is written into the nodes that took it from its output of the same name. */
  | { kind: 'inlined'; field: string }
  /** It only fed fields that we do not have; `why` is said, or nothing where nothing is lost. */
  | { kind: 'dropped'; why?: string };

const mapped = (changes: Changes): Rule => ({ kind: 'mapped', ...changes });

/** Where a result is filed, and what is written into it: no node of ours has these. */
export const FILING_FIELDS: ReadonlySet<string> = new Set(['board', 'metadata']);

const ANOTHER_EACH_TIME =
  'InvokeAI draws another number each time; here the seed decides: vary it with --set ID.seed=1..100.';

const NOISE = 'Noise follows from the seed, but is not that of InvokeAI: the same seed draws another picture.';

const BLEND_MODES = {
  Normal: 'normal',
  'Lighten Only': 'lighten',
  'Darken Only': 'darken',
  'Linear Dodge (Add)': 'add',
  Subtract: 'subtract',
  Multiply: 'multiply',
  Screen: 'screen',
  Overlay: 'overlay',
  Difference: 'difference',
  'Hard Light': 'hard_light',
  'Soft Light': 'soft_light',
  'Color Burn': 'color_burn',
  'Color Dodge': 'color_dodge',
};

/** Early versions of InvokeAI 3 saved the words that people see. */
const OPERATIONS = {
  'Add A+B': 'ADD',
  'Subtract A-B': 'SUB',
  'Multiply A*B': 'MUL',
  'Divide A/B': 'DIV',
  'Exponentiate A^B': 'EXP',
  'Modulus A%B': 'MOD',
  'Absolute Value of A': 'ABS',
  'Minimum(A,B)': 'MIN',
  'Maximum(A,B)': 'MAX',
  'Square Root of A': 'SQRT',
};

const NO_CONTROL = 'There is no such node here yet: the picture is drawn without what it controls.';
const DENOISE: Changes = {
  idle: { control: [null], ip_adapter: [null], t2i_adapter: [null] },
  nearest: { scheduler: NEAREST_SCHEDULERS },
};

export const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  // Models
  ['vae_loader', mapped({ type: 'main_model_loader', inputs: { vae_model: 'model' } })],
  ['model_identifier', { kind: 'inlined', field: 'model' }],
  ['lora_loader', through('unet', 'clip').unless([{ weight: [0] }, { lora: [null] }], 'The LoRA is left out')],
  ['lora_collection_loader', through('unet', 'clip').unless([{ loras: [null] }], 'The LoRAs are left out')],
  ['lora_selector', { kind: 'dropped' }],
  ['clip_skip', through('clip').unless([{ skipped_layers: [0] }], 'Every layer of the text encoder is used')],
  [
    'seamless',
    through('unet', 'vae').unless([{ seamless_x: [false], seamless_y: [false] }], 'The borders do not fit together'),
  ],
  ['freeu', through('unet').unless([{ b1: [1], b2: [1], s1: [1], s2: [1] }], 'FreeU is left out')],

  // Diffusion
  ['compel', mapped({ idle: { mask: [null] } })],
  ['noise', mapped({ note: NOISE })],
  ['denoise_latents', mapped(DENOISE)],
  ['denoise_latents_meta', mapped({ ...DENOISE, type: 'denoise_latents' })],
  ['i2l', mapped({ idle: { color_compensation: ['None'] } })],
  [
    'scheduler',
    mapped({
      type: 'string',
      inputs: { scheduler: 'value' },
      outputs: { scheduler: 'value' },
      nearest: { value: NEAREST_SCHEDULERS },
    }),
  ],
  ['controlnet', { kind: 'dropped', why: NO_CONTROL }],
  ['ip_adapter', { kind: 'dropped', why: NO_CONTROL }],
  ['t2i_adapter', { kind: 'dropped', why: NO_CONTROL }],

  // Text
  [
    'prompt_from_file',
    mapped({
      type: 'string_lines',
      given: {
        file_path:
          'The prompts are in a file where InvokeAI runs: put its text into "text", as in --set \'ID.text:="one\\ntwo"\'.',
      },
    }),
  ],
  [
    'prompt_template',
    mapped({
      given: {
        style_preset_id:
          'The preset is in the database of InvokeAI: put its two texts into "positive_template" and "negative_template".',
      },
    }),
  ],

  ['dynamic_prompt', mapped({ note: 'Where "ID" draws prompts at random, they are others than those of InvokeAI.' })],

  // Numbers
  ['integer_math', mapped({ words: { operation: OPERATIONS } })],
  ['float_math', mapped({ words: { operation: OPERATIONS } })],
  ['rand_int', mapped({ note: ANOTHER_EACH_TIME })],
  ['rand_float', mapped({ note: ANOTHER_EACH_TIME })],
  ['random_range', mapped({ note: 'The numbers that "ID" draws from its seed are others than those of InvokeAI.' })],

  // Images
  ['show_image', mapped({ type: 'image' })],
  ['canvas_output', mapped({ type: 'save_image' })],
  [
    'invokeai_img_blend',
    mapped({
      type: 'img_blend',
      words: { blend_mode: BLEND_MODES },
      idle: {
        mask: [null],
        fit_to_width: 'any',
        fit_to_height: 'any',
        color_space: ['RGB'],
        adaptive_gamut: [0],
        high_precision: 'any',
      },
      note: 'The two images that "ID" blends must be equally large: it does not fit one to the other.',
    }),
  ],
  ['spandrel_image_to_image', mapped({ type: 'upscale', inputs: { image_to_image_model: 'model' } })],
  ['esrgan', mapped({ type: 'upscale', inputs: { model_name: 'model' } })],
  ['img_nsfw', through('image', 'width', 'height').unless([], 'Nothing is blurred')],
  ['img_watermark', through('image', 'width', 'height').unless([], 'No watermark is added')],

  // What is written into a picture's file
  ['core_metadata', { kind: 'dropped' }],
  ['metadata', { kind: 'dropped' }],
  ['metadata_item', { kind: 'dropped' }],
  ['metadata_item_linked', { kind: 'dropped' }],
  ['merge_metadata', { kind: 'dropped' }],
]);

/** A bypass by which each output is the input of the same name; of images, the size comes from where the image does. */
function through(...names: string[]) {
  const passed = Object.fromEntries(names.map((name) => [name, name]));
  return {
    unless: (idle: readonly Readonly<Record<string, readonly unknown[]>>[], why: string): Rule => ({
      kind: 'bypassed',
      through: passed,
      idle,
      why,
    }),
  };
}

/** Families of types that we have no nodes for, and what to say of each. */
const FAMILIES: readonly [RegExp, string][] = [
  [
    /^(sdxl|flux2?|sd3|cogview4|qwen|z_image|anima|bria|wan|ltx|ernie|hunyuan)_/,
    'It is for a family of models that there are no nodes for here: put the nodes for Stable Diffusion 1 and 2 in its place.',
  ],
  [
    /^(call_saved_workflow|workflow_)/,
    'Workflows cannot call each other here yet: import the other workflow as well, and join the two files.',
  ],
  [/^metadata_/, 'Images carry no metadata here: give the value itself in the node that took it from this one.'],
];

export const adviceFor = (type: string): string =>
  FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ??
  'There is no such node here: put others in its place (switchyard nodes lists them), or write it (docs/writing-nodes.md).';
