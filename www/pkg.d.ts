/** The two engines as wasm-bindgen writes them, for checking types before they have been built. */
declare module '*/pkg/engine_cpu/engine_cpu.js' {
  const init: (source?: { module_or_path: WebAssembly.Module }) => Promise<unknown>;
  export default init;
  export const __wbg_reset_state: () => void;
  export const Run: import('./engine').WasmModule['Run'];
  export const default_config: import('./engine').WasmModule['default_config'];
  export const validate: import('./engine').WasmModule['validate'];
}
declare module '*/pkg/engine_gpu/engine_gpu.js' {
  const init: (source?: { module_or_path: WebAssembly.Module }) => Promise<unknown>;
  export default init;
  export const Run: import('./engine').GpuModule['Run'];
  export const default_config: import('./engine').WasmModule['default_config'];
  export const validate: import('./engine').WasmModule['validate'];
}
