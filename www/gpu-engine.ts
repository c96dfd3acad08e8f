/** The engine that knows WebGPU: fetched late, by a worker that is to train there. */
import type { GpuModule } from './engine';
import init, * as bindings from './pkg/engine_gpu/engine_gpu.js';

export const engine = bindings as unknown as GpuModule;
export { init };

/** Where its wasm lies: the page fetches and compiles it once for all workers. */
export const wasm = new URL('./pkg/engine_gpu/engine_gpu_bg.wasm', import.meta.url).href;
