/** The engine as Node runs it: the same wasm that the page fetches, for comparing with what the page shows. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config, Frame, WasmModule } from '../engine';
import init, * as bindings from '../pkg/sdl_explorer.js';

export async function nodeEngine(): Promise<WasmModule> {
  const bytes = readFileSync(new URL('../pkg/sdl_explorer_bg.wasm', import.meta.url));
  await init({ module_or_path: new WebAssembly.Module(bytes) });
  return bindings as unknown as WasmModule;
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
