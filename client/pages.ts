/** Lists that come by pages, as one iteration. */

/** Reads a page when the one before it was taken. */
export async function* pagesOf<Page extends { next_cursor: string | null }, Row>(
  read: (cursor: string | undefined) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): AsyncGenerator<Row, void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read(cursor);
    yield* rowsOf(page);
    cursor = page.next_cursor;
  }
}
