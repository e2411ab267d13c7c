import { defineConfig } from 'drizzle-kit';

/** `drizzle-kit generate --config edge/account/drizzle.config.ts` writes the next migration after a change. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './edge/account/schema.ts',
  out: './edge/account/migrations',
});
