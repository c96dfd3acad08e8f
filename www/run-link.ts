/** The page's end of a run's worker: calls go out with an id, the promise of each settles with its reply. */
import { type Answer, type Ask, type CallName, Refused, type Reply, type Request } from './protocol';

/** What the player needs of a run; tests put something simpler in its place. */
export interface RunLink {
  call<K extends CallName>(kind: K, ask: Ask<K>): Promise<Answer<K>>;
  /** Makes the run ready for WebGPU, while it goes on. Rejects, in plain words, where there is none. */
  prepareGpu(): Promise<void>;
  /** After a crash: a fresh worker. */
  restart(): void;
  close(): void;
}

interface Waiting {
  resolve(answer: never): void;
  reject(reason: Error): void;
}

export class WorkerLink implements RunLink {
  private worker: Worker | undefined;
  private module: Promise<WebAssembly.Module> | undefined;
  private prepared: Promise<void> | undefined;
  private waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor() {
    this.restart();
  }

  async call<K extends CallName>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    const { worker } = this;
    if (!worker) throw new Error('The run has been closed.');
    // `init` was posted when the module was ready; nothing may overtake it.
    await this.module;
    if (worker !== this.worker) throw new Error('The run has been restarted.');
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.postMessage({ id, kind, ...ask } as Request);
    });
  }

  prepareGpu(): Promise<void> {
    if (!this.prepared) {
      const preparing = this.fetchGpuEngine();
      this.prepared = preparing;
      // What failed may succeed the next time.
      preparing.catch(() => {
        if (this.prepared === preparing) this.prepared = undefined;
      });
    }
    return this.prepared;
  }

  restart(): void {
    this.close();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'sdl-run' });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.settle(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.rejectAll(event.message || 'The worker of this run could not be loaded.');
    };
    this.worker = worker;
    this.prepared = undefined;
    this.module = compiled(FIRST_ENGINE);
    this.module.then(
      (module) => worker.postMessage({ kind: 'init', module } satisfies Request),
      () => {}, // told to whoever calls
    );
  }

  close(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.rejectAll('The run has been closed.');
  }

  private async fetchGpuEngine(): Promise<void> {
    const { wasm } = await this.call('webgpu', {});
    await this.call('engine', { module: await compiled(wasm) });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (!waiting) return;
    if (reply.kind === 'refused') waiting.reject(new Refused(reply.error));
    else if (reply.kind === 'failed') waiting.reject(new Error(reply.message));
    else waiting.resolve(reply.answer as never);
  }

  private rejectAll(message: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(message));
    this.waiting.clear();
  }
}

/** What every run starts in. */
const FIRST_ENGINE = new URL('./pkg/engine_cpu/engine_cpu_bg.wasm', import.meta.url).href;

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** An engine, fetched and compiled once for all workers of the page; one that failed is fetched again when next asked for. */
function compiled(url: string): Promise<WebAssembly.Module> {
  const module = modules.get(url) ?? compile(url);
  modules.set(url, module);
  module.catch(() => modules.delete(url));
  return module;
}

/** Streaming where the host names the file's type rightly. */
async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The engine could not be loaded: ${response.status} ${response.statusText}`);
  try {
    return await WebAssembly.compileStreaming(response.clone());
  } catch {
    return WebAssembly.compile(await response.arrayBuffer());
  }
}
