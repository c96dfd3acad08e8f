/**
 * One run: a wasm instance of its own behind a queue, answering the page's requests in order.
 *
 * The only file of the page that calls the engine. Calls are strictly one at a time, because the engine's async
 * methods hold a mutable borrow until they settle.
 */
import type { BackendInfo, WasmModule, WasmRun } from './engine';
import init, * as bindings from './pkg/sdl_explorer.js';
import { type Answer, isConfigError, type Reply, type Request, transferables } from './protocol';
import type { BackendChoice } from './state';

const engine = bindings as unknown as WasmModule;
const scope = self as unknown as DedicatedWorkerGlobalScope;

let ready: Promise<unknown> = Promise.resolve();
let run: WasmRun | undefined;
/** Why the run is where it already was, when the page chose that. */
let reason: string | undefined;
let checkpoints: { step: number; bytes: Uint8Array }[] = [];
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }: MessageEvent<Request>) => {
  queue = queue.then(() => handle(data));
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
      const next = new engine.Run(request.config, request.rows ?? undefined);
      run?.free();
      run = next;
      reason = undefined;
      const frame = await run.frame();
      checkpoints = [{ step: frame.step, bytes: await run.checkpoint() }];
      return { world: run.world(), backend: backend(), frame };
    }
    case 'advance':
      return advance(request.steps);
    case 'configure':
      started().configure(request.config);
      return { frame: await orOnCpu((run) => run.frame()) };
    case 'resample':
      await orOnCpu((run) => run.resample());
      return { frame: await orOnCpu((run) => run.frame()) };
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
      started().configure(request.config);
      return { frame: await orOnCpu((run) => run.frame()) };
    }
    case 'top_rows':
      return { rows: await orOnCpu((run) => run.top_rows(request.latent, request.count)) };
    case 'lose_device':
      started().lose_device();
      return {};
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

function toCpu(run: WasmRun): Promise<BackendInfo> {
  reason = undefined;
  return run.use_backend('cpu', 'the graphics device was lost; went on from the last checkpoint');
}

async function chooseBackend(choice: BackendChoice, why: string): Promise<BackendInfo> {
  const run = started();
  reason = undefined;
  if (choice === 'auto') return run.use_faster_backend();
  if (run.backend().kind !== choice) return run.use_backend(choice, why);
  reason = why;
  return backend();
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

function inWords(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
