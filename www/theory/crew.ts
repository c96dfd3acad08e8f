/**
 * Workers that share the work on one plane: each holds the plane itself, questions go to whoever is free. Ended with
 * the plane, so that calling it off stops what computes where it stands.
 */
import type { PlaneReport } from '../engine';
import type { PlaneAnswered, PlaneAsked, PlaneSetup } from './worker';

interface Job {
  asked: PlaneAsked;
  resolve(answer: string | Float64Array): void;
  reject(reason: Error): void;
}

const MOST_WORKERS = 4;

export class PlaneCrew {
  /** Of the workers, as many as there are cores. */
  static readonly size = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS));
  private readonly workers: Worker[] = [];
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Job>();
  private waiting: Job[] = [];

  /** The report on the plane, or, in plain words, why there is none. */
  async open(setup: PlaneSetup): Promise<PlaneReport> {
    const opened = Array.from({ length: PlaneCrew.size }, () => this.start(setup));
    const [report] = await Promise.all(opened);
    return JSON.parse(report as string);
  }

  /** Error, penalties and L̃ of each point (x, y, x, y, …). */
  async losses(points: number[]): Promise<Float64Array> {
    return (await this.ask({ kind: 'losses', points: Float64Array.from(points) })) as Float64Array;
  }

  /** x, y and distance of each. */
  async places(second: boolean, weights: (PlaneAsked & { kind: 'places' })['weights']): Promise<Float64Array> {
    return (await this.ask({ kind: 'places', second, weights })) as Float64Array;
  }

  /** What has been asked is not answered any more: it rejects. */
  close(): void {
    for (const worker of this.workers) worker.terminate();
    const jobs = [...this.waiting, ...this.busy.values()];
    this.waiting = [];
    this.busy.clear();
    this.idle.length = 0;
    for (const job of jobs) job.reject(new Error('called off'));
  }

  private start(setup: PlaneSetup): Promise<string | Float64Array> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'sdl-plane' });
    this.workers.push(worker);
    worker.onmessage = ({ data }: MessageEvent<PlaneAnswered>) => {
      const job = this.busy.get(worker);
      this.busy.delete(worker);
      this.idle.push(worker);
      if (data.error === undefined) job?.resolve(data.answer);
      else job?.reject(new Error(data.error));
      this.next();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.busy.get(worker)?.reject(new Error(event.message || 'The worker could not be loaded.'));
      this.busy.delete(worker);
    };
    return new Promise((resolve, reject) => this.give(worker, { asked: setup, resolve, reject }));
  }

  private ask(asked: PlaneAsked): Promise<string | Float64Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ asked, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.waiting.length > 0 && this.idle.length > 0)
      this.give(this.idle.pop() as Worker, this.waiting.shift() as Job);
  }

  private give(worker: Worker, job: Job): void {
    this.busy.set(worker, job);
    worker.postMessage(job.asked);
  }
}
