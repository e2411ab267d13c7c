#!/usr/bin/env node
// The command of a checkout. It works on Node 20 too, before anything is installed: the bootstrap sees to that.
process.argv.splice(2, 0, 'cli/main.ts');
const { main } = await import('../scripts/bootstrap.mjs');
await main();
