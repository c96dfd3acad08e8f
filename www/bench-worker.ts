/** Times training alone: no frames, no metrics. One worker measures one backend at one shape. */
import cases from '../benches/cases.json';
import type { BackendKind, Config, WasmModule, WasmRun } from './engine';
import { engine as gpuEngine, init as initGpu } from './gpu-engine';
import init, * as bindings from './pkg/engine_cpu/engine_cpu.js';

export type Shape = keyof typeof cases.shapes;

export interface BenchRequest {
  backend: BackendKind;
  shape: Shape;
  /** Names of `benches/cases.json`. */
  methods: readonly string[];
  repeats: number;
  /** How long a repeat lasts, about; at least one step. */
  seconds: number;
  seed: number;
}

export interface BenchResult {
  /** By method, one for each repeat; the methods took turns, so that the machine's moods met all of them. */
  stepsPerSecond: Record<string, number[]>;
  /** What computed. */
  adapter: string;
}

export type BenchReply = BenchResult | { error: string };

type Settings = Record<string, unknown>;

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

async function measure({ backend, shape, methods, repeats, seconds, seed }: BenchRequest): Promise<BenchResult> {
  await (backend === 'cpu' ? init() : initGpu());
  const courses: { run: WasmRun; method: string; steps: number }[] = [];
  let adapter = '';
  for (const method of methods) {
    const run = await begin(backend, (base) => configOf(shape, method, seed, base));
    const found = run.backend();
    if (found.kind !== backend) throw new Error(`asked for ${backend}, got ${found.kind}`);
    adapter = found.adapter;
    // Warm up (compilers, caches), then find how many steps fill a repeat.
    await timed(run, 1);
    let steps = 1;
    let time = await timed(run, steps);
    while (time < seconds / 8) {
      steps *= 2;
      time = await timed(run, steps);
    }
    courses.push({ run, method, steps: Math.max(1, Math.round((steps * seconds) / time)) });
  }
  const stepsPerSecond: Record<string, number[]> = Object.fromEntries(methods.map((method) => [method, []]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const { run, method, steps } of courses) stepsPerSecond[method].push(steps / (await timed(run, steps)));
  }
  return { stepsPerSecond, adapter };
}

async function timed(run: WasmRun, steps: number): Promise<number> {
  const start = performance.now();
  const { stopped } = await run.advance(steps);
  if (stopped !== 'no') throw new Error(`the run stopped: ${stopped}`);
  return (performance.now() - start) / 1000;
}

/** Each backend in the engine in which the page trains on it. */
async function begin(backend: BackendKind, configOf: (base: Config) => Config): Promise<WasmRun> {
  if (backend === 'cpu') return new cpuEngine.Run(configOf(cpuEngine.default_config()), undefined);
  const run = new gpuEngine.Run(configOf(gpuEngine.default_config()), undefined);
  await run.use_backend(backend, 'benchmark');
  return run;
}

/** The same that `benches/steps.rs` measures natively, but for a run longer than any measurement. */
function configOf(shape: Shape, method: string, seed: number, base: Config): Config {
  // Beside `dead_every`, which is no setting.
  const ofMethod = (cases.methods as Record<string, object>)[method] as
    | Record<string, Settings | undefined>
    | undefined;
  if (!ofMethod) throw new Error(`there is no method ${method} in benches/cases.json`);
  const config = structuredClone(base) as unknown as Record<string, Settings>;
  const settings = [cases.shapes[shape], ofMethod.all, ofMethod[shape], { 'training.steps': 10_000_000 }];
  for (const [path, value] of settings.flatMap((of) => Object.entries(of ?? {}))) {
    const [group, field] = path.split('.');
    config[group][field] = value;
  }
  return { ...config, seed } as unknown as Config;
}
