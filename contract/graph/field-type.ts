/**
 * Field types: what flows along an edge. Written as text, so that the catalogue, the messages and the studio
 * read alike: `integer`, `image[]` (a list), `string|string[]` (one of several), `string|null`, `any`.
 */
import { z } from 'zod';

interface FieldTypeFacts {
  /** Ephemeral values never leave the device: the record only says that they were made (D1). */
  ephemeral: boolean;
  meaning: string;
}

export const FIELD_TYPES = {
  any: { ephemeral: false, meaning: 'Any durable value.' },
  boolean: { ephemeral: false, meaning: 'true or false.' },
  integer: { ephemeral: false, meaning: 'A whole number within ±(2^53 − 1).' },
  float: { ephemeral: false, meaning: 'A finite number.' },
  string: { ephemeral: false, meaning: 'Text.' },
  color: { ephemeral: false, meaning: 'A colour {r, g, b, a}, 0–255 each.' },
  bounding_box: {
    ephemeral: false,
    meaning: 'A rectangle {x_min, x_max, y_min, y_max, score?} in whole pixels, the maxima exclusive.',
  },
  image: { ephemeral: false, meaning: 'An image asset {image_name}: the sha256 of its bytes.' },
  file: { ephemeral: false, meaning: 'Any other asset {asset_name, content_type}.' },
  model: { ephemeral: false, meaning: 'A model of the store {key, hash}; hash is filled in at enqueue.' },
  unet: { ephemeral: false, meaning: 'The denoising network of a model, by reference.' },
  clip: { ephemeral: false, meaning: 'The tokenizer and text encoder of a model, by reference.' },
  vae: { ephemeral: false, meaning: 'The image encoder and decoder of a model, by reference.' },
  conditioning: { ephemeral: true, meaning: 'An encoded prompt.' },
  latents: { ephemeral: true, meaning: 'Latent noise or a latent image, float32 [batch, channels, height, width].' },
  denoise_mask: { ephemeral: true, meaning: 'Which parts of an image to denoise anew, and which to keep.' },
  tensor: { ephemeral: true, meaning: 'A tensor of any type and shape.' },
} as const satisfies Record<string, FieldTypeFacts>;

export type FieldTypeName = keyof typeof FIELD_TYPES;
export const FIELD_TYPE_NAMES = Object.keys(FIELD_TYPES) as [FieldTypeName, ...FieldTypeName[]];

const member = `(${FIELD_TYPE_NAMES.join('|')})(\\[\\])?`;

export const FieldType = z
  .string()
  .regex(new RegExp(`^${member}(\\|${member})*(\\|null)?$`), 'not a field type')
  .meta({ id: 'FieldType', description: 'e.g. "integer", "image[]", "string|string[]", "string|null", "any"' });
export type FieldType = z.infer<typeof FieldType>;
