/** One engine that holds a plane through packed runs and computes losses on it, one question after the other. */
import type { Config, WasmPlane } from '../engine';
import { engine, init, wasm } from '../gpu-engine';
import { inWords } from '../protocol';

export interface PlaneSetup {
  kind: 'open';
  /** JSON, as `Plane.open` takes it. */
  basis: string;
  packed: Uint8Array[];
  configs: Config[];
  rows: number;
  file: Uint8Array | null;
}

export type PlaneAsked =
  | PlaneSetup
  /** x and y of each point. */
  | { kind: 'losses'; points: Float64Array }
  /** Weights of a run, at several times. */
  | { kind: 'places'; second: boolean; weights: Pathed[] };

/** A step of a run's path, as frames have it. */
export interface Pathed {
  encoder: Float32Array;
  decoder: Float32Array;
  b_enc: Float32Array;
  b_dec: Float32Array;
}

/** open: JSON of the report; losses: three numbers a point; places: three numbers each. */
export type PlaneAnswered = { answer: string | Float64Array; error?: undefined } | { error: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const ready = init({ module_or_path: wasm });
// A failure is told to whoever asks.
ready.catch(() => {});
let plane: WasmPlane | undefined;
/** The engine's methods hold the plane until they settle. */
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }: MessageEvent<PlaneAsked>) => {
  queue = queue.then(async () => {
    let answered: PlaneAnswered;
    try {
      await ready;
      answered = { answer: await answerTo(data) };
    } catch (error) {
      answered = { error: inWords(error) };
    }
    scope.postMessage(answered);
  });
};

async function answerTo(asked: PlaneAsked): Promise<string | Float64Array> {
  if (asked.kind === 'open') {
    const { basis, packed, configs, rows, file } = asked;
    plane = await engine.Plane.open(basis, packed, configs, rows, file ?? undefined);
    return plane.report();
  }
  if (!plane) throw new Error('There is no plane yet.');
  if (asked.kind === 'losses') return plane.losses(asked.points);
  const places = new Float64Array(3 * asked.weights.length);
  for (const [i, { encoder, decoder, b_enc, b_dec }] of asked.weights.entries())
    places.set(plane.place(asked.second, encoder, decoder, b_enc, b_dec), 3 * i);
  return places;
}
