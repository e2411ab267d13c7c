import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './edge/queue/schema.ts',
  out: './edge/queue/migrations',
});
