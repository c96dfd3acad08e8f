/**
 * What the page and a run's worker say to each other: a closed union each way, paired by request id.
 *
 * `Calls` is the whole list; requests and replies are derived from it, so a new call is one line here and a `case`
 * in `worker.ts`.
 */
import type { BackendInfo, Config, ConfigError, Frame, LabelAbsorption, TopRow, World } from './engine';
import type { BackendChoice } from './state';

export interface Calls {
  /** Would the engine take it? */
  check: { ask: { config: Config }; answer: { error: ConfigError | null } };
  /** A new run from step 0, on the CPU. `rows`: a safetensors file for real activations. Refused: the old run stays. */
  start: {
    ask: { config: Config; rows: Uint8Array | null };
    answer: { world: World; backend: BackendInfo; frame: Frame };
  };
  /** Steps, then a frame. On a lost device the run has gone back to its last checkpoint, on the CPU. */
  advance: { ask: { steps: number }; answer: Advanced };
  configure: { ask: { config: Config }; answer: { frame: Frame } };
  resample: { ask: object; answer: { frame: Frame } };
  /** Looks for WebGPU; answers where the wasm of the engine that knows it lies. Fails, in plain words, where there is none. */
  webgpu: { ask: object; answer: { wasm: string } };
  /** Makes that engine ready. This and `webgpu` touch no run, and training goes on meanwhile. */
  engine: { ask: { module: WebAssembly.Module }; answer: object };
  /** auto: the faster of the two, and like webgpu only after `engine`. reason: why, for the visitor, where the page chooses. */
  backend: { ask: { choice: BackendChoice; reason: string }; answer: { backend: BackendInfo } };
  /** Kept inside the worker under its step; the first and the two newest stay. */
  checkpoint: { ask: { step: number }; answer: { kept: boolean } };
  restore: { ask: { step: number; config: Config }; answer: { frame: Frame } };
  top_rows: { ask: { latent: number; count: number }; answer: { rows: TopRow[] } };
  /** The run as it is, for an engine elsewhere, and the config it goes by. */
  pack: { ask: object; answer: { packed: Uint8Array; config: Config } };
  /** Absorption of the labels of real data; fetches the large engine where the run is not in it. */
  labels: { ask: object; answer: { labels: LabelAbsorption[] } };
  /** Test aid: as if the driver had taken the device. */
  lose_device: { ask: object; answer: object };
}

export interface Advanced {
  stopped: 'no' | 'diverged' | 'finished';
  frame: Frame;
  backend: BackendInfo;
  /** Time in the engine: training, and making the frame. */
  train_seconds: number;
  frame_seconds: number;
}

export type CallName = keyof Calls;
export type Ask<K extends CallName> = Calls[K]['ask'];
export type Answer<K extends CallName> = Calls[K]['answer'];

/** Page → worker. `init` comes first and has no reply of its own. */
export type Request =
  | { kind: 'init'; module: WebAssembly.Module }
  | { [K in CallName]: { id: number; kind: K } & Ask<K> }[CallName];

/** Worker → page. refused: the engine says what is wrong with a config; failed: anything else, in plain words. */
export type Reply =
  | { [K in CallName]: { id: number; kind: K; answer: Answer<K> } }[CallName]
  | { id: number; kind: 'refused'; error: ConfigError }
  | { id: number; kind: 'failed'; message: string };

/** A config the engine does not take. */
export class Refused extends Error {
  constructor(readonly error: ConfigError) {
    super(error.message);
    this.name = 'Refused';
  }
}

export function isConfigError(value: unknown): value is ConfigError {
  return typeof value === 'object' && value !== null && 'field' in value && 'expected' in value && 'message' in value;
}

export function inWords(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** The buffers of all typed arrays in a message, each once: they are handed over instead of copied. */
export function transferables(message: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(message)) {
    if (message.buffer instanceof ArrayBuffer) found.add(message.buffer);
  } else if (Array.isArray(message)) {
    for (const item of message) if (typeof item === 'object') transferables(item, found);
  } else if (typeof message === 'object' && message !== null && !(message instanceof WebAssembly.Module)) {
    for (const value of Object.values(message)) transferables(value, found);
  }
  return [...found];
}
