/** Finds the assets that a JSON text refers to. @pure */

/** `image_name` and `asset_name` are the only fields that name an asset by the digest of its bytes. */
const REFERENCE = /"(?:image_name|asset_name)":"([0-9a-f]{64})"/g;

/** `json` must be what JSON.stringify wrote: no space around the colon. */
export const assetNames = (json: string): string[] => [
  ...new Set(Array.from(json.matchAll(REFERENCE), (match) => match[1] ?? '')),
];
