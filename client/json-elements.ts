/** The elements of a JSON list that arrives in pieces, each as soon as it is whole. @pure */

const [OPEN, CLOSE, QUOTE, BACKSLASH, COMMA] = ['[', ']', '"', '\\', ','];

export class JsonElements {
  /** Of the element that is arriving. */
  #text = '';
  /** Lists and objects that are open: 1 inside the list itself. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ended = false;

  /** Whether the list is closed; a connection that ended before brought half of it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The elements that `text` makes whole. Throws a SyntaxError for what is not JSON. */
  take(text: string): unknown[] {
    const elements: unknown[] = [];
    let from = 0;
    const finish = (at: number) => {
      const element = this.#text + text.slice(from, at);
      this.#text = '';
      if (element.trim() !== '') elements.push(JSON.parse(element));
    };
    for (let at = 0; at < text.length; at++) {
      const sign = text[at];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (sign === BACKSLASH) this.#escaped = true;
        else if (sign === QUOTE) this.#inString = false;
        continue;
      }
      if (sign === QUOTE) this.#inString = true;
      else if (sign === OPEN || sign === '{') {
        if (++this.#depth === 1) from = at + 1;
      } else if (sign === CLOSE || sign === '}') {
        if (--this.#depth === 0) {
          finish(at);
          this.#ended = true;
          return elements;
        }
      } else if (sign === COMMA && this.#depth === 1) {
        finish(at);
        from = at + 1;
      }
    }
    if (this.#depth > 0) this.#text += text.slice(from);
    return elements;
  }
}
