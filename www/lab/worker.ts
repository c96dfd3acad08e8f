/** One engine that answers questions about the theory, one after the other. */
import { engine, init, wasm } from '../gpu-engine';
import { inWords } from '../protocol';

export interface Asked {
  /** JSON. */
  request: string;
}

export type Answered = { answer: string; error?: undefined } | { error: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const ready = init({ module_or_path: wasm });
// A failure is told to whoever asks.
ready.catch(() => {});

scope.onmessage = async ({ data }: MessageEvent<Asked>) => {
  let answered: Answered;
  try {
    await ready;
    answered = { answer: engine.theory(data.request) };
  } catch (error) {
    answered = { error: inWords(error) };
  }
  scope.postMessage(answered);
};
