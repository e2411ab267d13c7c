/**
 * What the SDK offers of importing, as a module of its own: a page that does not import leaves it out, and with it the
 * library of the schemas.
 */
export type { Unmapped } from './draft.ts';
export { ImportError } from './import-error.ts';
export { type Imported, type ImportOptions, importInvokeai } from './import-invokeai.ts';
export { readSaved, type SavedFile, type SavedSource } from './saved-file.ts';
