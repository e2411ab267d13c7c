/**
 * What objects are called in the bucket. A key is used for one write and never again: whoever removes an object, however
 * late, cannot meet bytes that were written since. @pure
 */

export const assetKey = (sha256: string, id: string): string => `assets/${sha256}/${id}`;
export const previewKey = (sha256: string, id: string): string => `previews/${sha256}/${id}`;
export const modelFileKey = (sha256: string, id: string): string => `models/${sha256}/${id}`;
export const stagingKey = (id: string): string => `staging/${id}`;
