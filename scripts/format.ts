// Formats every file and applies the safe fixes of the lint rules.
import { run } from './process.ts';

const { code } = await run('biome', ['check', '--write', '.', ...process.argv.slice(2)], { live: true });
process.exitCode = code;
