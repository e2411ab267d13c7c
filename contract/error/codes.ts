/**
 * The closed list of error codes (D11): logs, metrics, the SDK and the documents use the same words.
 * `retry` tells a client what a repeated identical call may hope for: `never` the same answer comes back,
 * `later` it may pass unchanged, `after_fix` the caller must change something outside the request first.
 */
interface CodeFacts {
  status: number;
  title: string;
  retry: 'never' | 'later' | 'after_fix';
}

export const ERROR_CODES = {
  malformed_json: { status: 400, title: 'The body is not JSON', retry: 'never' },
  bad_request: { status: 400, title: 'The request cannot be understood', retry: 'never' },
  unauthenticated: { status: 401, title: 'No valid key', retry: 'after_fix' },
  forbidden: { status: 403, title: 'The key does not allow this', retry: 'after_fix' },
  not_found: { status: 404, title: 'There is no such thing', retry: 'never' },
  method_not_allowed: { status: 405, title: 'The resource has no such method', retry: 'never' },
  batch_exists: { status: 409, title: 'The batch id was used before', retry: 'never' },
  queue_exists: { status: 409, title: 'The queue exists with other settings', retry: 'never' },
  conflict: { status: 409, title: 'The call does not fit the present state', retry: 'after_fix' },
  idempotency_in_progress: { status: 409, title: 'The first call with this key is still running', retry: 'later' },
  cursor_expired: { status: 410, title: 'The cursor no longer points anywhere', retry: 'never' },
  length_required: { status: 411, title: 'The length of the body must be declared', retry: 'never' },
  body_too_large: { status: 413, title: 'The body is over the limit', retry: 'never' },
  unsupported_media_type: { status: 415, title: 'The content type is not accepted here', retry: 'never' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the bytes', retry: 'never' },
  validation_failed: { status: 422, title: 'The request is not valid', retry: 'never' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another body', retry: 'never' },
  digest_mismatch: { status: 422, title: 'The bytes do not have the named digest', retry: 'never' },
  model_incomplete: { status: 422, title: 'Files of the model are missing', retry: 'after_fix' },
  upgrade_required: { status: 426, title: 'The protocol version is not spoken here', retry: 'after_fix' },
  queue_full: { status: 429, title: 'The queue has no room for the batch', retry: 'later' },
  rate_limited: { status: 429, title: 'Too many requests', retry: 'later' },
  internal: { status: 500, title: 'Something broke on our side', retry: 'later' },
  unavailable: { status: 503, title: 'The service cannot answer now', retry: 'later' },
  storage_full: { status: 507, title: 'There is no room to store more', retry: 'after_fix' },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;
export const ERROR_CODE_NAMES = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/**
 * What is wrong at one place of a request. `FAULT_CODES` is closed too; the sentence beside it says what to do.
 */
export const FAULT_CODES = {
  invalid_type: 'another type is needed here',
  invalid_value: 'outside what the field allows',
  missing: 'a required value is absent',
  unknown_field: 'there is no such field',
  forbidden_key: 'this key is never accepted',
  too_deep: 'nested beyond the limit',
  too_large: 'larger or longer than the limit',
  id_mismatch: 'the key and the id differ',
  unknown_node_type: 'the catalogue has no such type',
  node_version: 'the node was made with another version of its type',
  unknown_node: 'the graph has no such node',
  edge_type_mismatch: 'the output does not fit the input',
  edge_occupied: 'the input has an edge already',
  edge_duplicate: 'the same edge stands twice',
  edge_not_allowed: 'the input takes literals only',
  cycle: 'the edges run in a circle',
  batch_length_mismatch: 'zipped items differ in length',
  batch_mixed_types: 'the items of one datum differ in type',
  batch_duplicate_field: 'the same field is varied twice',
  unknown_model: 'the store has no such model',
  unknown_asset: 'there is no such asset, or it is not yours to use',
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof FAULT_CODES;
export const FAULT_CODE_NAMES = Object.keys(FAULT_CODES) as [FaultCode, ...FaultCode[]];
