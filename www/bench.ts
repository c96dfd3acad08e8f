/** The benchmark page's hook: one measurement a call, each in a fresh worker, as the page itself trains. */
import type { BenchReply, BenchRequest, BenchResult } from './bench-worker';

declare global {
  interface Window {
    sdlBench(request: BenchRequest): Promise<BenchResult>;
  }
}

window.sdlBench = (request) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./bench-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<BenchReply>) => {
      worker.terminate();
      if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'the worker did not start')));
    worker.postMessage(request);
  });
