/** The part of Node's module that is used here: workerd has it, and its own digests are never synchronous. */
declare module 'node:crypto' {
  export function createHash(algorithm: 'sha256'): {
    update(text: string): { digest(encoding: 'hex'): string };
  };
}
