/** For unit tests only: frames, and a run that obeys the protocol without an engine. */
import type { BackendInfo, Config, ConfigError, Frame, Metrics, Recovery, RunEvent, World } from './engine';
import type { Answer, Ask, CallName } from './protocol';
import { Refused } from './protocol';
import type { RunLink } from './run-link';

export function frameAt(step: number, events: RunEvent[] = [], loss = 1): Frame {
  const one = new Float32Array(1);
  return {
    step,
    samples: step * 256,
    loss_steps: Uint32Array.of(step),
    loss_values: Float32Array.of(loss),
    encoder: one,
    decoder: one,
    b_enc: one,
    b_dec: one,
    theta: new Float32Array(),
    metrics: metricsAt(step, loss),
    events,
  };
}

export function metricsAt(step: number, loss = 1): Metrics {
  const recovery = (mip: number): Recovery => ({
    mip,
    mgt: mip,
    curve: new Float32Array(101),
    score: new Float32Array(4),
    latent: new Uint32Array(4),
  });
  return {
    step,
    sse: step / 10,
    penalty: 0,
    loss,
    approx_loss: null,
    explained_variance: 0.5,
    l0: 1,
    true_l0: 1,
    recovery: {
      encoder_raw: recovery(0.25),
      encoder_cosine: recovery(0.5),
      decoder_raw: recovery(0.75),
      decoder_cosine: recovery(1),
    },
    mcc: 0.5,
    uniqueness: 0.5,
    f1: 0.25,
    f1_alive: 0.5,
    f1_features: 0.5,
    precision: 0.5,
    recall: 0.25,
    shrinkage: 0.75,
    bias: 1,
    scored: Uint8Array.of(0, 1, 1, 1),
    density: new Float32Array(8),
    since_fired: new Float32Array(8),
    dead: new Uint8Array(8),
    n_dead: 0,
    features_per_latent: new Uint32Array(8),
    latents_per_feature: new Uint32Array(4),
    n_polysemantic: 0,
    loss_per_feature: new Float32Array(4),
    similarity: {
      latents: new Uint32Array(),
      decoder: new Float32Array(),
      encoder: new Float32Array(),
      pattern: new Uint8Array(),
    },
    sources: null,
    absorption: null,
  };
}

/** Counts steps, diverges, loses its device and refuses where a test says so. */
export class FakeRun implements RunLink {
  step = 0;
  config: Config | undefined;
  calls: CallName[] = [];
  restarts = 0;
  kind: 'cpu' | 'webgpu' = 'cpu';
  hasGpu = false;
  /** Until then the engine that knows WebGPU is on its way. */
  fetching: Promise<void> = Promise.resolve();
  refuses: (config: Config) => ConfigError | null = () => null;
  divergesAt = Number.POSITIVE_INFINITY;
  losesDeviceAt = Number.POSITIVE_INFINITY;
  breaksAt = Number.POSITIVE_INFINITY;
  checkpoints: number[] = [];
  private busy = false;

  async call<K extends CallName>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    if (this.busy) throw new Error('two calls at a time');
    this.busy = true;
    this.calls.push(kind);
    await Promise.resolve();
    try {
      return this.answer(kind, ask as never) as Answer<K>;
    } finally {
      this.busy = false;
    }
  }

  async prepareGpu(): Promise<void> {
    await this.fetching;
    if (!this.hasGpu) throw new Error('no adapter');
  }

  restart(): void {
    this.restarts++;
    this.breaksAt = Number.POSITIVE_INFINITY;
  }

  close(): void {}

  private answer(kind: CallName, ask: { config: Config; steps: number; step: number; choice: string; reason: string }) {
    switch (kind) {
      case 'check':
        return { error: this.refuses(ask.config) };
      case 'start':
        this.config = ask.config;
        this.step = 0;
        this.kind = 'cpu';
        this.checkpoints = [0];
        return { world: {} as World, backend: this.backend(''), frame: frameAt(0) };
      case 'advance':
        return this.advance(ask.steps);
      case 'configure': {
        const error = this.refuses(ask.config);
        if (error) throw new Refused(error);
        this.config = ask.config;
        return { frame: frameAt(this.step) };
      }
      case 'backend':
        this.kind = ask.choice === 'cpu' ? 'cpu' : 'webgpu';
        return { backend: this.backend(ask.reason) };
      case 'checkpoint':
        this.checkpoints.push(ask.step);
        return { kept: true };
      case 'restore':
        if (!this.checkpoints.includes(ask.step)) throw new Error('no such checkpoint');
        this.step = ask.step;
        this.config = ask.config;
        this.divergesAt = Number.POSITIVE_INFINITY;
        return { frame: frameAt(this.step) };
      case 'resample':
        return { frame: frameAt(this.step) };
      default:
        throw new Error(`the fake run knows no ${kind}`);
    }
  }

  private advance(steps: number): Answer<'advance'> {
    if (!this.config) throw new Error('not started');
    const events: RunEvent[] = [];
    let stopped: Answer<'advance'>['stopped'] = 'no';
    this.step = Math.min(this.step + steps, this.config.training.steps);
    if (this.step >= this.breaksAt) throw new Error('unreachable executed');
    if (this.step >= this.losesDeviceAt) {
      this.step = this.checkpoints.at(-1) ?? 0;
      this.kind = 'cpu';
      this.losesDeviceAt = Number.POSITIVE_INFINITY;
      events.push({ kind: 'fell_back', step: this.step, reason: 'lost' });
    } else if (this.step >= this.divergesAt) {
      this.step = this.divergesAt;
      stopped = 'diverged';
      const remedy = { text: 'Lower it.', field: 'training.learning_rate', value: 0.0003 };
      events.push({ kind: 'diverged', step: this.step, loss: Number.NaN, cause: 'too fast', remedy });
    } else if (this.step === this.config.training.steps) {
      stopped = 'finished';
      events.push({ kind: 'finished', step: this.step });
    }
    const backend = this.backend('');
    return { stopped, frame: frameAt(this.step, events), backend, train_seconds: 0.001 * steps, frame_seconds: 0.001 };
  }

  private backend(reason: string): BackendInfo {
    return { kind: this.kind, adapter: this.kind, reason };
  }
}
