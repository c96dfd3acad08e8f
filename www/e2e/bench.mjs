// Runs bench.ts: Node itself does not read TypeScript before version 22.
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('./bench.ts', import.meta.url).pathname, { configFile: false });
await module.main();
