/** Which results a person wants to see. @pure */
import type { NodeOutput } from '../../contract/graph/graph.ts';

/** Nodes that hand on what others made, or what was given to them: it is shown where it comes from. */
export const PASS_THROUGH_TYPES: ReadonlySet<string> = new Set([
  'collect',
  'collection_concat',
  'collection_flatten',
  'collection_item',
  'collection_reverse',
  'collection_slice',
  'collection_sort',
  'collection_unique',
  'conditioning',
  'conditioning_collection',
  'if',
  'image',
  'image_collection',
  'iterate',
  'latents',
  'tensor_name',
  'tensor_pick',
]);

interface Made {
  type: string;
  is_intermediate: boolean;
  result: NodeOutput | null;
}

/** An output of its session, made by its node, that holds at least one asset. */
export const isShown = ({ type, is_intermediate, result }: Made): boolean =>
  !is_intermediate && !PASS_THROUGH_TYPES.has(type) && result !== null && holdsAssets(result);

export const holdsAssets = (result: NodeOutput): boolean =>
  Object.values(result).some((value) => (Array.isArray(value) ? value.some(isAsset) : isAsset(value)));

/** A value that was too large for its record is kept as an asset too (`stored`), and is none to look at. */
function isAsset(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'stored' in value) return false;
  return (
    ('image_name' in value && typeof value.image_name === 'string') ||
    ('asset_name' in value && typeof value.asset_name === 'string')
  );
}
