/** What `run --json` says of each item. However many there are, and however much they return, it stays bounded. @pure */
import type { EndedItem } from '../../client/run/batch-tally.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { ItemOutputs } from '../../contract/queue/item.ts';

/** Characters of outputs that are listed; past them items are listed without. */
export const OUTPUT_CHARACTERS_MAX = 64 * 1024 * 1024;

export interface FinishedItem extends EndedItem {
  field_values: NodeFieldValue[];
  files: string[];
  outputs: ItemOutputs['outputs'];
}

export class CollectedItems {
  readonly #max: number;
  /** As JSON: a tenth of what the objects would take. */
  readonly #items: { item_id: number; text: string }[] = [];
  #characters = 0;
  #leftOut = 0;

  constructor(max = OUTPUT_CHARACTERS_MAX) {
    this.#max = max;
  }

  add({ outputs, ...item }: FinishedItem): void {
    const text = JSON.stringify(outputs);
    const fits = this.#characters + text.length <= this.#max;
    if (fits) this.#characters += text.length;
    else this.#leftOut++;
    const listed = JSON.stringify(fits ? { ...item, outputs } : item);
    this.#items.push({ item_id: item.item_id, text: listed });
  }

  /** One object: `summary` with the items, oldest first, and of how many the outputs were left out. */
  *json(summary: object): Generator<string> {
    const head = { ...summary, ...(this.#leftOut > 0 ? { outputs_left_out: this.#leftOut } : {}) };
    yield `${JSON.stringify(head).slice(0, -1)},"items":[`;
    this.#items.sort((a, b) => a.item_id - b.item_id);
    for (const [index, { text }] of this.#items.entries()) yield index === 0 ? text : `,${text}`;
    yield ']}\n';
  }
}
