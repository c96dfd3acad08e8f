// Runs bench.ts: Node itself does not read TypeScript before version 22.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./bench.ts', import.meta.url)), { configFile: false });
await module.main();
