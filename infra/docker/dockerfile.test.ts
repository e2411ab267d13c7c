import { expect, test } from 'vitest';
import { ignores, parseDockerfile } from './dockerfile.ts';

test('parseDockerfile reads stages, copies, runs and the entry point', () => {
  const text = [
    '# syntax=docker/dockerfile:1',
    'ARG NODE=22',
    `FROM node:\${NODE}-slim AS install`,
    'COPY package.json package-lock.json ./',
    'RUN npm ci \\',
    '# a comment in between',
    '    --omit=dev',
    'FROM base',
    'COPY --from=install /app/node_modules node_modules',
    'COPY --chown=runner contract contract',
    'ENTRYPOINT ["node", "main.ts"]',
  ].join('\n');
  expect(parseDockerfile(text)).toEqual([
    {
      name: 'install',
      from: 'node:22-slim',
      copies: [{ sources: ['package.json', 'package-lock.json'], destination: './' }],
      runs: ['npm ci --omit=dev'],
      entrypoint: [],
    },
    {
      name: undefined,
      from: 'base',
      copies: [{ sources: ['contract'], destination: 'contract' }],
      runs: [],
      entrypoint: ['node', 'main.ts'],
    },
  ]);
});

test('ignores follows names, stars and leading double stars', () => {
  const ignored = ignores('# comment\n**/node_modules\n**/*.test.ts\n.git\n\n');
  for (const path of ['node_modules', 'a/node_modules/b.js', 'a/b.test.ts', '.git', '.git/HEAD']) {
    expect(ignored(path), path).toBe(true);
  }
  for (const path of ['a/b.ts', 'a/b.test.tsx', '.gitignore', 'a/.git']) expect(ignored(path), path).toBe(false);
});
