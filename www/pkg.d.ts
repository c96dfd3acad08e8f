/** The engine's module as wasm-bindgen writes it, for checking types before it has been built. */
declare module '*/pkg/sdl_explorer.js' {
  const init: (source: { module_or_path: WebAssembly.Module }) => Promise<unknown>;
  export default init;
  export const Run: import('./engine').WasmModule['Run'];
  export const default_config: import('./engine').WasmModule['default_config'];
  export const validate: import('./engine').WasmModule['validate'];
}
