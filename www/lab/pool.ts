/**
 * Questions to the theory (`src/theory/request.rs`) over a few workers: as many as there are cores, started when there
 * is something to ask. Each has an engine of its own; answers come as they are ready.
 */
import { inWords } from '../protocol';
import type { Answered, Asked } from './worker';

interface Job {
  request: unknown;
  resolve(answer: never): void;
  reject(reason: Error): void;
}

/** What a question that was called off rejects with. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

const MOST_WORKERS = 8;

export class Pool {
  readonly size = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS));
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Job>();
  private waiting: Job[] = [];

  /** The answer to one question; rejects with what the engine says is wrong with it. */
  ask<T>(request: object): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ request, resolve: resolve as Job['resolve'], reject });
      this.next();
    });
  }

  /** Calls off everything asked: what computes is stopped where it stands. */
  cancel(): void {
    const jobs = [...this.waiting, ...this.busy.values()];
    this.waiting = [];
    for (const worker of this.busy.keys()) worker.terminate();
    this.busy.clear();
    for (const job of jobs) job.reject(new Cancelled('called off'));
  }

  private next(): void {
    while (this.waiting.length > 0) {
      const worker = this.idle.pop() ?? (this.busy.size < this.size ? this.start() : undefined);
      if (!worker) return;
      const job = this.waiting.shift() as Job;
      this.busy.set(worker, job);
      worker.postMessage({ request: JSON.stringify(job.request) } satisfies Asked);
    }
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'sdl-theory' });
    worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      const job = this.done(worker);
      this.idle.push(worker);
      if (data.error === undefined) job?.resolve(JSON.parse(data.answer) as never);
      else job?.reject(new Error(data.error));
      this.next();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.done(worker)?.reject(new Error(inWords(event.message || 'The worker could not be loaded.')));
      this.next();
    };
    return worker;
  }

  private done(worker: Worker): Job | undefined {
    const job = this.busy.get(worker);
    this.busy.delete(worker);
    return job;
  }
}
