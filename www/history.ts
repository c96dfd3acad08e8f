/**
 * What a run has shown so far, kept short: when a series grows past its limit every other point goes.
 *
 * Recovery is recorded for all four readings of the weights, so that the visitor may change the reading afterwards.
 */
import type { Frame, RunEvent } from './engine';
import type { Basis, History } from './views/view';

/** Points a series keeps at most; a curve is a few hundred pixels wide. */
const LIMIT = 2000;

type Scalars = Omit<History['metrics'], 'mip' | 'mgt'>;
interface Shown {
  mip: number[];
  mgt: number[];
}

export class RunHistory {
  private loss: History['loss'] = { step: [], value: [] };
  private scalars: Scalars = {
    step: [],
    sse: [],
    explained_variance: [],
    approx_loss: [],
    l0: [],
    n_dead: [],
    n_polysemantic: [],
  };
  private recovery: Record<Basis, Shown> = {
    decoder_cosine: { mip: [], mgt: [] },
    encoder_cosine: { mip: [], mgt: [] },
    decoder_raw: { mip: [], mgt: [] },
    encoder_raw: { mip: [], mgt: [] },
  };
  private events: RunEvent[] = [];

  record(frame: Frame): void {
    for (let i = 0; i < frame.loss_steps.length; i++) {
      this.loss.step.push(frame.loss_steps[i]);
      this.loss.value.push(frame.loss_values[i]);
    }
    this.events.push(...frame.events);
    const { metrics } = frame;
    // A frame taken again at the same step (a live change, a new threshold) replaces the one before.
    if (this.scalars.step.at(-1) === metrics.step) this.eachSeries((series) => series.pop());
    this.scalars.step.push(metrics.step);
    this.scalars.sse.push(metrics.sse);
    this.scalars.explained_variance.push(metrics.explained_variance);
    this.scalars.approx_loss.push(metrics.approx_loss);
    this.scalars.l0.push(metrics.l0);
    this.scalars.n_dead.push(metrics.n_dead);
    this.scalars.n_polysemantic.push(metrics.n_polysemantic);
    for (const basis of Object.keys(this.recovery) as Basis[]) {
      this.recovery[basis].mip.push(metrics.recovery[basis].mip);
      this.recovery[basis].mgt.push(metrics.recovery[basis].mgt);
    }
    this.thin();
  }

  /** Forgets what came after a step: the run has gone back there. Events stay, they did happen, up to that step. */
  truncate(step: number): void {
    const kept = this.scalars.step.filter((at) => at <= step).length;
    this.eachSeries((series) => {
      series.length = kept;
    });
    const losses = this.loss.step.filter((at) => at <= step).length;
    this.loss.step.length = losses;
    this.loss.value.length = losses;
    this.events = this.events.filter((event) => event.step <= step);
  }

  /** As views read it, with recovery of one reading. Shares its arrays with this object. */
  shown(basis: Basis): History {
    return { loss: this.loss, metrics: { ...this.scalars, ...this.recovery[basis] }, events: this.events };
  }

  private thin(): void {
    if (this.loss.step.length > LIMIT) {
      this.loss = { step: everyOther(this.loss.step), value: everyOther(this.loss.value) };
    }
    if (this.scalars.step.length > LIMIT) {
      this.eachSeries((series) => {
        const kept = everyOther(series);
        series.splice(0, series.length, ...kept);
      });
    }
  }

  private eachSeries(act: (series: unknown[]) => void): void {
    for (const series of Object.values(this.scalars)) act(series as unknown[]);
    for (const { mip, mgt } of Object.values(this.recovery)) {
      act(mip);
      act(mgt);
    }
  }
}

/** Keeps the first and, of every pair after it, the second: the newest point always stays. */
function everyOther<T>(series: T[]): T[] {
  return series.filter((_, i) => i === 0 || (series.length - 1 - i) % 2 === 0);
}
