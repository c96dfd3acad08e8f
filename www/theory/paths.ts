/** The way that the runs' weights have gone while the fold was open: few enough of their frames to keep. */
import type { PlaneData } from '../views/plane';
import type { RunData, RunLabel } from '../views/view';
import type { PlaneCrew } from './crew';
import type { Pathed } from './worker';

/** Frames kept of a run; of more, every other goes. */
const MOST = 64;
/** Numbers of a model whose path is kept at all. */
const LARGEST = 40_000;

export class PathRecord {
  private kept: Record<RunLabel, (Pathed & { step: number })[]> = { A: [], B: [] };
  /** Steps between frames that are kept. */
  private apart = 1;

  add(runs: readonly RunData[]): void {
    for (const { label, frame } of runs) {
      const path = this.kept[label];
      // Back at an earlier checkpoint.
      if (frame.step < (path.at(-1)?.step ?? 0)) path.length = 0;
      const last = path.at(-1)?.step ?? Number.NEGATIVE_INFINITY;
      const { encoder, decoder, b_enc, b_dec, step } = frame;
      if (encoder.length === 0 || encoder.length + decoder.length > LARGEST || step - last < this.apart) continue;
      path.push({ step, encoder, decoder, b_enc, b_dec });
      if (path.length <= MOST) continue;
      this.apart = (2 * (step - path[0].step)) / MOST;
      this.kept[label] = path.filter((_, i) => i % 2 === 0);
    }
  }

  clear(): void {
    this.kept = { A: [], B: [] };
    this.apart = 1;
  }

  /** On the plane that the crew holds; `labels`: first run, second run. */
  async paths(labels: readonly RunLabel[], crew: PlaneCrew): Promise<PlaneData['paths']> {
    const found = labels.map(async (run, i) => {
      const weights = this.kept[run];
      if (weights.length < 2) return [];
      const places = await crew.places(i === 1, weights);
      const points = weights.map((_, at): [number, number] => [places[3 * at], places[3 * at + 1]]);
      return [{ run, points }];
    });
    return (await Promise.all(found)).flat();
  }
}
