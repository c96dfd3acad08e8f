/** The engines as Node runs them: the same wasm that the page fetches, for comparing with what the page shows. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config, Frame, GpuModule, WasmModule } from '../engine';
import initCpu, * as cpu from '../pkg/engine_cpu/engine_cpu.js';
import initGpu, * as gpu from '../pkg/engine_gpu/engine_gpu.js';

/** What the page starts with. */
export async function nodeEngine(): Promise<WasmModule> {
  await initCpu({ module_or_path: compiled('../pkg/engine_cpu/engine_cpu_bg.wasm') });
  return cpu as unknown as WasmModule;
}

/** What it goes on with where there is WebGPU. In Node that must not be tried: wgpu looks for a window or a worker. */
export async function nodeGpuEngine(): Promise<GpuModule> {
  await initGpu({ module_or_path: compiled('../pkg/engine_gpu/engine_gpu_bg.wasm') });
  return gpu as unknown as GpuModule;
}

function compiled(path: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(path, import.meta.url)));
}

/** The frame after `steps` steps on the CPU, taken in chunks of `chunk`. */
export async function trainedInNode(engine: WasmModule, config: Config, steps: number, chunk: number): Promise<Frame> {
  const run = new engine.Run(config, undefined);
  try {
    for (let left = steps; left > 0; left -= chunk) await run.advance(Math.min(left, chunk));
    return await run.frame();
  } finally {
    run.free();
  }
}

/** SHA-256 of all weights, as `weightHashes` takes it in the page. */
export function hashOfWeights({ encoder, decoder, b_enc, b_dec }: Frame): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [encoder, decoder, b_enc, b_dec])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
