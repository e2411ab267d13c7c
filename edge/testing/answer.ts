/** Answers as clients read them: by the schema that the document gives for them. */
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Call } from './account.ts';

/** What a GET answers, or a POST of `json`; it must fit `schema`. */
export async function answerOf<Schema extends z.ZodType>(
  call: Call,
  path: string,
  schema: Schema,
  json?: object,
): Promise<z.output<Schema>> {
  const response = await call(json ? 'POST' : 'GET', path, json ? { json } : {});
  expect(response.status, await response.clone().text()).toBe(200);
  expect(response.headers.get('content-type')).toMatch('application/json');
  return schema.parse(await response.json());
}
