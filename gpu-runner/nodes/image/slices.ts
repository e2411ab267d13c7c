/** Work between two checkpoints: some ten milliseconds, so that a cancel takes effect while a large image is handled. */
const SLICE = 1 << 20;

/** Of an invocation: lets messages in, and throws when the item was canceled. */
export type Checkpoint = () => Promise<void>;

/**
 * Calls `work` for consecutive ranges [from, to) of 0 to `count`, and the checkpoint before each. `weight` is about how
 * many simple operations one of them costs.
 */
export async function inSlices(
  count: number,
  checkpoint: Checkpoint,
  work: (from: number, to: number) => void,
  weight = 1,
): Promise<void> {
  const size = Math.max(1, Math.floor(SLICE / weight));
  for (let from = 0; from < count; from += size) {
    await checkpoint();
    work(from, Math.min(count, from + size));
  }
}
