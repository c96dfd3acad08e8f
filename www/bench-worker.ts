/** Times training alone: no frames, no metrics. One worker measures one backend at one shape. */
import type { BackendKind, Config, WasmModule, WasmRun } from './engine';
import { engine as gpuEngine, init as initGpu } from './gpu-engine';
import init, * as bindings from './pkg/engine_cpu/engine_cpu.js';

export interface BenchRequest {
  backend: BackendKind;
  shape: keyof typeof SHAPES;
  repeats: number;
  /** How long a repeat lasts, about; at least one step. */
  seconds: number;
  seed: number;
}

export interface BenchResult {
  /** One for each repeat. */
  stepsPerSecond: number[];
  /** What computed. */
  adapter: string;
}

export type BenchReply = BenchResult | { error: string };

/** The bench worlds that `benches/steps.rs` measures natively. */
const SHAPES = {
  S: { n_features: 32, n_input: 16, n_latent: 64, k: 3, batch: 256, sparsity: 0.95 },
  M: { n_features: 128, n_input: 64, n_latent: 512, k: 8, batch: 1024, sparsity: 0.98 },
  L: { n_features: 1000, n_input: 768, n_latent: 16000, k: 32, batch: 1024, sparsity: 0.99 },
};

const cpuEngine = bindings as unknown as WasmModule;

self.addEventListener('message', async ({ data }: MessageEvent<BenchRequest>) => {
  let reply: BenchReply;
  try {
    reply = await measure(data);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : JSON.stringify(error) };
  }
  self.postMessage(reply);
});

async function measure({ backend, shape, repeats, seconds, seed }: BenchRequest): Promise<BenchResult> {
  const run = await begin(backend, shape, seed);
  const { kind, adapter } = run.backend();
  if (kind !== backend) throw new Error(`asked for ${backend}, got ${kind}`);

  const timed = async (steps: number): Promise<number> => {
    const start = performance.now();
    const { stopped } = await run.advance(steps);
    if (stopped !== 'no') throw new Error(`the run stopped: ${stopped}`);
    return (performance.now() - start) / 1000;
  };

  // Warm up (compilers, caches), then find how many steps fill a repeat.
  await timed(1);
  let steps = 1;
  let time = await timed(steps);
  while (time < seconds / 8) {
    steps *= 2;
    time = await timed(steps);
  }
  steps = Math.max(1, Math.round((steps * seconds) / time));

  const stepsPerSecond: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) stepsPerSecond.push(steps / (await timed(steps)));
  return { stepsPerSecond, adapter };
}

/** Each backend in the engine in which the page trains on it. */
async function begin(backend: BackendKind, shape: BenchRequest['shape'], seed: number): Promise<WasmRun> {
  if (backend === 'cpu') {
    await init();
    return new cpuEngine.Run(benchConfig(shape, seed, cpuEngine.default_config()), undefined);
  }
  await initGpu();
  const run = new gpuEngine.Run(benchConfig(shape, seed, gpuEngine.default_config()), undefined);
  await run.use_backend(backend, 'benchmark');
  return run;
}

/** Top-k and nothing else: what the published figures time. */
function benchConfig(shape: BenchRequest['shape'], seed: number, base: Config): Config {
  const { n_features, n_input, n_latent, k, batch, sparsity } = SHAPES[shape];
  return {
    ...base,
    seed,
    source: 'bench',
    bench: { ...base.bench, n_features, n_input, sparsity },
    model: { ...base.model, n_latent, activation: 'top_k', k },
    loss: { ...base.loss, l1: 0 },
    anchors: { count: 0, coefficient: 0 },
    dead: { ...base.dead, treatment: 'none' },
    // Longer than any measurement.
    training: { ...base.training, steps: 10_000_000, batch, warm_up: 0, decay: 0 },
    scoring: { ...base.scoring, hold_out: 0 },
  };
}
