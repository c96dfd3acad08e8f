/** The page's end of a run's worker: calls go out with an id, the promise of each settles with its reply. */
import { type Answer, type Ask, type CallName, Refused, type Reply, type Request } from './protocol';

/** What the player needs of a run; tests put something simpler in its place. */
export interface RunLink {
  call<K extends CallName>(kind: K, ask: Ask<K>): Promise<Answer<K>>;
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
  private waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** `module`: the engine, fetched and compiled once for all workers of the page. */
  constructor(private readonly module: Promise<WebAssembly.Module>) {
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

  restart(): void {
    this.close();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'sdl-run' });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.settle(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.rejectAll(event.message || 'The worker of this run could not be loaded.');
    };
    this.worker = worker;
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

/** Fetches and compiles the engine; streaming where the host names its type rightly. */
export async function loadEngine(): Promise<WebAssembly.Module> {
  const url = new URL('./pkg/sdl_explorer_bg.wasm', import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The engine could not be loaded: ${response.status} ${response.statusText}`);
  try {
    return await WebAssembly.compileStreaming(response.clone());
  } catch {
    return WebAssembly.compile(await response.arrayBuffer());
  }
}
