import { describe, expect, test } from 'vitest';
import { declaredPackages, exactVersions, importDirections, type Manifest, packageOf } from './rooms.ts';

const file = (path: string, text: string) => ({ path, text });

describe('importDirections', () => {
  const fault = (path: string, specifier: string) =>
    importDirections([file(path, `import { x } from '${specifier}';`)]).map((each) => each.message);

  test.each([
    ['contract/a.ts', './b.ts'],
    ['graph/run/a.ts', '../../contract/a.ts'],
    ['edge/queue/a.ts', '../../graph/a.ts'],
    ['cli/a.ts', '../infra/local/start.ts'],
    ['cli/bin.mjs', '../scripts/bootstrap.mjs'],
    ['infra/local/a.ts', '../../client/a.ts'],
    ['edge/a.test.ts', '../test/support/clock.ts'],
    ['test/e2e/a.test.ts', '../../gpu-runner/main.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(fault(path, specifier)).toEqual([]);
  });

  test.each([
    ['contract/a.ts', '../graph/a.ts'],
    ['graph/a.ts', '../edge/a.ts'],
    ['edge/a.ts', '../gpu-runner/a.ts'],
    ['gpu-runner/a.ts', '../edge/a.ts'],
    ['gpu-runner/a.test.ts', '../edge/a.ts'],
    ['client/a.ts', '../cli/a.ts'],
    ['cli/a.ts', '../infra/docker/check.ts'],
    ['infra/local/a.ts', '../../edge/main.ts'],
    ['infra/local/a.ts', '../../gpu-runner/main.ts'],
    ['edge/a.ts', '../test/support/clock.ts'],
    ['graph/a.ts', '../contract-other/a.ts'],
    ['graph/a.ts', '@switchyard/contract'],
  ])('%s must not import %s', (path, specifier) => {
    expect(fault(path, specifier)).toHaveLength(1);
  });
});

describe('declaredPackages', () => {
  const files = [
    file('contract/a.ts', `import { z } from 'zod'; import type { S } from 'node:fs';`),
    file('graph/a.ts', `import { a } from '../contract/a.ts';`),
    file('graph/a.test.ts', `import { test } from 'vitest'; import { join } from 'node:path';`),
    file('cli/a.ts', `import { up } from '../infra/local/up.ts';`),
    file('infra/local/up.ts', `import { Miniflare } from 'miniflare'; import x from '@scope/name/deep';`),
  ];
  const manifests = (rooms: Record<string, Record<string, string>>) =>
    new Map<string, Manifest>([
      ['', { devDependencies: { vitest: '1.0.0' } }],
      ...Object.entries(rooms).map(([room, dependencies]) => [room, { dependencies }] as const),
    ]);

  test('asks for what the room uses and for what it pulls in from others', () => {
    const faults = declaredPackages(files, manifests({ contract: { zod: '4' }, graph: {}, cli: {}, infra: {} }));
    expect(faults.map((fault) => fault.message)).toEqual([
      'graph/package.json does not declare zod (used by graph)',
      'infra/package.json does not declare miniflare',
      'infra/package.json does not declare @scope/name',
    ]);
  });

  test('is content when all is declared', () => {
    const infra = { miniflare: '5', '@scope/name': '1' };
    const rooms = { contract: { zod: '4' }, graph: { zod: '4' }, cli: {}, infra };
    expect(declaredPackages(files, manifests(rooms))).toEqual([]);
  });
});

test('packageOf takes the scope and drops the path', () => {
  expect(packageOf('zod/v4')).toBe('zod');
  expect(packageOf('@hono/zod-openapi/x')).toBe('@hono/zod-openapi');
});

test('exactVersions wants one exact version of each package', () => {
  const manifests = new Map<string, Manifest>([
    ['edge', { dependencies: { zod: '4.6.7', hono: '^4.0.0' } }],
    ['graph', { dependencies: { zod: '4.6.6', miniflare: '5.20261023.2-beta' } }],
  ]);
  expect(exactVersions(manifests).map((fault) => fault.message)).toEqual([
    'hono is not pinned to one version: ^4.0.0',
    'zod 4.6.6 here, 4.6.7 in edge',
  ]);
});
