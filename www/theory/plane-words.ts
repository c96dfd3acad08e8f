/** What is said of a plane through weights: which one it is, what was found on it, how far to believe it. */
import type { Config, PlaneMark, PlaneReport } from '../engine';
import { count } from '../notice';
import type { PlanePoint } from '../views/plane';
import type { RunLabel } from '../views/view';
import { loss as lossWords } from '../views/words';

export type Basis = 'truth' | 'start' | 'around';
export type Quantity = 'approx' | 'sse' | 'loss';

export const QUANTITIES: Record<Quantity, { short: string; name: string }> = {
  approx: { short: 'L̃', name: 'L̃, features alone (exact)' },
  sse: { short: 'L_SDL', name: 'L_SDL, error on samples' },
  loss: { short: 'L', name: 'L, error + penalties' },
};

export interface Drawn {
  basis: Basis;
  /** Whose loss it is, and whose weights come first. */
  first: RunLabel;
  report: PlaneReport;
  quantity: Quantity;
  configs: Record<RunLabel, Config>;
  /** Numbers that a point of the plane stands for. */
  dimensions: number;
  /** Losses of that quantity at the marks, and evenly along the way from the first run to the second. */
  atMarks: number[];
  between: number[];
  values: Float64Array;
}

const other = (label: RunLabel): RunLabel => (label === 'A' ? 'B' : 'A');

export function pointOf({ of, x, y, off }: PlaneMark, first: RunLabel): PlanePoint {
  const looks = {
    A: { shape: 'dot', start: 'triangle' },
    B: { shape: 'square', start: 'down' },
  } as const;
  switch (of) {
    case 'first':
    case 'second': {
      const run = of === 'first' ? first : other(first);
      return { name: run, run, shape: looks[run].shape, x, y, off };
    }
    case 'first_start':
    case 'second_start': {
      const run = of === 'first_start' ? first : other(first);
      return { name: `${run} at the start`, run, shape: looks[run].start, x, y, off };
    }
    case 'truth':
      return { name: 'truth', run: null, shape: 'diamond', x, y, off };
    default:
      return of satisfies never;
  }
}

export function findingOf({ basis, first, quantity, report, atMarks, between, values }: Drawn): string {
  const { short } = QUANTITIES[quantity];
  const said = (of: PlaneMark['of']) => lossWords(atMarks[report.marks.findIndex((mark) => mark.of === of)]);
  if (basis === 'around') {
    const lowest = values.reduce((least, value) => (value < least ? value : least), Number.POSITIVE_INFINITY);
    return `At ${first} ${short} is ${said('first')}; the lowest of the points drawn is ${lossWords(lowest)}.`;
  }
  const ends = Math.max(between[0], between.at(-1) ?? 0);
  const top = Math.max(...between);
  const truth = basis === 'truth' ? `, ${said('truth')} at the truth` : '';
  const corners = `${short} is ${said('first')} at ${first}, ${said('second')} at ${other(first)}${truth}.`;
  return top > ends * 1.02
    ? `${corners} On the straight way between the runs it rises to ${lossWords(top)}: a barrier.`
    : `${corners} On the straight way between the runs it never rises above the higher end: no barrier.`;
}

export function captionOf(drawn: Drawn): string {
  const { basis, first, report, quantity, configs, dimensions } = drawn;
  const { model, training } = configs[first];
  const second = other(first);
  const at = `as they were at step ${count(report.step)}`;
  const which = {
    truth: `The plane through the weights of ${first} and ${second} ${at} and the planted solution W_E = [W_pᵀ; 0], W_D = [W_r, 0] (Theorem 3.2; no biases). Latents of ${second} and of the truth are first matched to those of ${first}, by cosines of encoder and decoder.`,
    start: `The plane through the weights of ${first} and ${second} ${at} and the start of ${first}. Latents of ${second} are first matched to those of ${first}, by cosines of encoder and decoder.`,
    around: `The weights of ${first} at step ${count(report.step)} plus α and β times two random directions, filter-normalised (Li et al. 2018): each encoder row and decoder column of a direction is as long as that of the weights; biases stay.`,
  }[basis];
  const say = [which];
  const added = report.n_latent - model.n_latent;
  if (added > 0) say.push(`${first} is widened with ${count(added)} latents of zeros, which never fire.`);
  say.push(
    quantity === 'approx'
      ? 'L̃ = Σ_d M_d ‖w_r^d − W_D σ(W_E w_p^d)‖² is exact.'
      : `The loss is a mean over ${count(report.n_rows)} samples of the evaluation batch${quantity === 'loss' ? '; penalties without the anchor term' : ''}.`,
  );
  if (basis !== 'around' && methodOf(configs.A) !== methodOf(configs.B))
    say.push(`A and B differ in method: everywhere it is the loss of ${first}'s.`);
  if (training.algorithm !== 'adam' && training.algorithm !== 'alternating')
    say.push('Codes are solved for at every point, with atoms scaled to unit length.');
  else if (model.activation === 'batch_top_k')
    say.push(
      'Batch Top-k selects within the batch, as in training: a threshold would belong to one point of the plane.',
    );
  if (model.unit_norm_decoder && training.algorithm === 'adam')
    say.push('Decoder columns have norm 1 at the runs, not between them.');
  const shadows = report.marks.filter(({ off }) => off > 0);
  if (shadows.length > 0)
    say.push(
      `Open marks are shadows of what lies off the plane: ${shadows.map((mark) => `${pointOf(mark, first).name} by ${mark.off.toFixed(2)}`).join(', ')}.`,
    );
  say.push(
    `A slice can mislead: of ${count(dimensions)} directions it shows two. What looks like a minimum may have a way down elsewhere, and a way round a hill need not be in the plane.`,
  );
  return say.join(' ');
}

/** What the loss depends on beside weights and world. */
export function methodOf({ model, loss, training }: Config): string {
  const { activation, k, rank_by_norm } = model;
  const ofModel = [activation, activation.endsWith('top_k') ? k : '', rank_by_norm, model.shift_input];
  const { l1, l0, tanh, matryoshka, multi_k } = loss;
  return JSON.stringify([ofModel, l1, l0, tanh, matryoshka, multi_k, training.algorithm]);
}
