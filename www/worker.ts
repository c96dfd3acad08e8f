/**
 * One run: a wasm instance of its own behind a queue, answering the page's requests in order.
 *
 * The only file of the page that calls the engines. Every run starts in the small one, which knows the CPU and Adam
 * alone; the first time that WebGPU is to be tried, the run moves into the large one, and this and all later runs stay
 * there. A run of another algorithm, or in a world with families, starts there.
 * Calls are strictly one at a time, because the engine's async methods hold a mutable borrow until they settle.
 */
import type { BackendInfo, Config, GpuModule, GpuRun, WasmModule, WasmRun } from './engine';
import init, * as first from './pkg/engine_cpu/engine_cpu.js';
import { type Answer, inWords, isConfigError, type Reply, type Request, transferables } from './protocol';
import type { BackendChoice } from './state';

/** WebGPU as far as it is asked for here; TypeScript's libraries lack it. */
interface WithGpu {
  gpu?: { requestAdapter(): Promise<unknown> };
}

const scope = self as unknown as DedicatedWorkerGlobalScope;

let ready: Promise<unknown> = Promise.resolve();
const firstEngine = first as unknown as WasmModule;
/** Where runs are made. */
let engine = firstEngine;
/** The engine that knows WebGPU, once it can be used. */
let gpuEngine: typeof import('./gpu-engine') | undefined;
let run: WasmRun | undefined;
/** What the run goes by and was made of, for moving it. */
let config: Config;
let rows: Uint8Array | undefined;
/** Why the run is where it already was, when the page chose that. */
let reason: string | undefined;
let checkpoints: { step: number; bytes: Uint8Array }[] = [];
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'webgpu' || data.kind === 'engine') handle(data);
  else queue = queue.then(() => handle(data));
};

async function handle(request: Request): Promise<void> {
  if (request.kind === 'init') {
    ready = init({ module_or_path: request.module });
    // A failure is told to whoever asks first.
    ready.catch(() => {});
    return;
  }
  try {
    await ready;
    reply({ id: request.id, kind: request.kind, answer: await answerTo(request) } as Reply);
  } catch (error) {
    if (isConfigError(error)) reply({ id: request.id, kind: 'refused', error });
    else reply({ id: request.id, kind: 'failed', message: inWords(error) });
  }
}

async function answerTo(request: Exclude<Request, { kind: 'init' }>): Promise<Answer<typeof request.kind>> {
  switch (request.kind) {
    case 'check':
      return { error: engine.validate(request.config) };
    case 'start': {
      if (needsLateEngine(request.config) && engine === firstEngine) await startInLateEngine();
      const given = request.rows ?? undefined;
      const next = new engine.Run(request.config, given);
      run?.free();
      run = next;
      [config, rows, reason] = [request.config, given, undefined];
      const frame = await run.frame();
      checkpoints = [{ step: frame.step, bytes: await run.checkpoint() }];
      return { world: run.world(), backend: backend(), frame };
    }
    case 'advance':
      return advance(request.steps);
    case 'configure':
      configure(request.config);
      return { frame: await orOnCpu((run) => run.frame()) };
    case 'resample':
      await orOnCpu((run) => run.resample());
      return { frame: await orOnCpu((run) => run.frame()) };
    case 'webgpu':
      return { wasm: (await lookForGpu()).wasm };
    case 'engine': {
      const late = await import('./gpu-engine');
      await late.init({ module_or_path: request.module });
      gpuEngine = late;
      return {};
    }
    case 'backend':
      return { backend: await chooseBackend(request.choice, request.reason) };
    case 'checkpoint': {
      const { kind } = started().backend();
      const bytes = await orOnCpu((run) => run.checkpoint());
      // A device lost just now has taken the step with it.
      const kept = started().backend().kind === kind;
      if (kept) checkpoints = [checkpoints[0], ...checkpoints.slice(1).slice(-1), { step: request.step, bytes }];
      return { kept };
    }
    case 'restore': {
      const kept = checkpoints.findLast((checkpoint) => checkpoint.step === request.step);
      if (!kept) throw new Error(`No checkpoint of step ${request.step} is kept.`);
      await orOnCpu((run) => run.restore(kept.bytes));
      configure(request.config);
      return { frame: await orOnCpu((run) => run.frame()) };
    }
    case 'top_rows':
      return { rows: await orOnCpu((run) => run.top_rows(request.latent, request.count)) };
    case 'pack':
      return { packed: await orOnCpu((run) => run.pack()), config };
    case 'labels':
      return { labels: JSON.parse(await labelAbsorption()) };
    case 'lose_device': {
      const run = started();
      if (knowsGpu(run)) run.lose_device();
      return {};
    }
    default:
      return request satisfies never;
  }
}

async function advance(steps: number): Promise<Answer<'advance'>> {
  const before = performance.now();
  let { stopped } = await orOnCpu((run) => run.advance(steps));
  if (stopped === 'device_lost') {
    await toCpu(started());
    stopped = 'no';
  }
  const between = performance.now();
  const frame = await orOnCpu((run) => run.frame());
  const after = performance.now();
  return {
    stopped,
    frame,
    backend: backend(),
    train_seconds: (between - before) / 1000,
    frame_seconds: (after - between) / 1000,
  };
}

/** What a lost device rejects is tried once more on the CPU; what the CPU rejects is an error. */
async function orOnCpu<T>(act: (run: WasmRun) => Promise<T>): Promise<T> {
  const run = started();
  try {
    return await act(run);
  } catch (error) {
    if (run.backend().kind !== 'webgpu') throw error;
    await toCpu(run);
    return act(run);
  }
}

/** A run that has lost its device; one without never had it. */
async function toCpu(run: WasmRun): Promise<void> {
  reason = undefined;
  const why = 'the graphics device was lost; went on from the last checkpoint';
  if (knowsGpu(run)) await run.use_backend('cpu', why);
}

async function chooseBackend(choice: BackendChoice, why: string): Promise<BackendInfo> {
  reason = undefined;
  if (choice !== 'cpu') await moveToGpuEngine();
  const run = started();
  if (knowsGpu(run)) {
    if (choice === 'auto') return run.use_faster_backend();
    if (run.backend().kind !== choice) return run.use_backend(choice, why);
  }
  reason = why;
  return backend();
}

/** Its bindings, where a GPU can be had: all others need not fetch them. */
async function lookForGpu(): Promise<typeof import('./gpu-engine')> {
  const { gpu } = navigator as WithGpu;
  if (!gpu) throw new Error('This browser offers no WebGPU here (it may be off, or not known to it).');
  if (!(await gpu.requestAdapter())) {
    throw new Error('This browser offers no WebGPU adapter here (WebGPU may be off, or the GPU not supported).');
  }
  return import('./gpu-engine');
}

async function lateEngine(): Promise<GpuModule> {
  if (!gpuEngine) {
    const late = await import('./gpu-engine');
    await late.init({ module_or_path: late.wasm });
    gpuEngine = late;
  }
  return gpuEngine.engine;
}

/** The large engine alone can tell: a run in the small one is looked at as a copy. */
async function labelAbsorption(): Promise<string> {
  const run = started();
  if (knowsGpu(run)) return run.label_absorption();
  const copy = (await lateEngine()).Run.unpack(await run.pack(), config, rows);
  try {
    return await copy.label_absorption();
  } finally {
    copy.free();
  }
}

/** The first engine knows Adam alone, and does not measure what children absorb. */
function needsLateEngine({ training, source, bench }: Config): boolean {
  return training.algorithm !== 'adam' || (source === 'bench' && bench.n_parents > 0);
}

/** The other knows all of it, with or without a GPU. */
async function startInLateEngine(): Promise<void> {
  const late = await lateEngine();
  run?.free();
  run = undefined;
  engine = late;
  first.__wbg_reset_state();
}

/** The run goes on there as if nothing had happened; until it is there it stays where it is. */
async function moveToGpuEngine(): Promise<void> {
  const old = started();
  if (knowsGpu(old)) return;
  if (!gpuEngine) throw new Error('The engine that knows WebGPU has not been loaded.');
  const moved = gpuEngine.engine.Run.unpack(await old.pack(), config, rows);
  run = moved;
  engine = gpuEngine.engine;
  rows = undefined;
  old.free();
  // Memory that a wasm instance has taken it never gives back: an empty one takes its place.
  first.__wbg_reset_state();
}

function knowsGpu(run: WasmRun): run is GpuRun {
  return 'use_backend' in run;
}

function configure(next: Config): void {
  started().configure(next);
  config = next;
}

function backend(): BackendInfo {
  const info = started().backend();
  return reason === undefined ? info : { ...info, reason };
}

function started(): WasmRun {
  if (!run) throw new Error('No run has been started.');
  return run;
}

function reply(message: Reply): void {
  scope.postMessage(message, transferables(message));
}
