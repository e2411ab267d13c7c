// The rows there are: every file named *.bench.ts beside this one.
import * as fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.ts';

export async function loadRows(folder: string = import.meta.dirname): Promise<Bench[]> {
  const files = fs.readdirSync(folder).filter((file) => file.endsWith('.bench.ts'));
  const rows: Bench[] = [];
  for (const file of files.sort()) {
    const row: Bench = (await import(pathToFileURL(path.join(folder, file)).href)).default;
    const expected = `${row.name.replaceAll('_', '-')}.bench.ts`;
    if (file !== expected) throw new Error(`test/bench/${file} holds the row ${row.name}: name it ${expected}`);
    rows.push(row);
  }
  return rows;
}
