/** What the absorption room trains: one world, six models of it, and what their measures come to over seeds. */
import { interval95 } from './interval';

export const MEASURES = ['full', 'fractional', 'recall_gap', 'leakage'] as const;
export type Measure = (typeof MEASURES)[number];

/** `theory::absorption_trial::Trial`; null where undefined. */
export interface Trial {
  means: Record<Measure, number | null>;
  weighted: Record<Measure, number | null>;
  explained_variance: number;
  l0: number;
  true_l0: number | null;
  parents_found: number;
  diverged: boolean;
}

export interface Setting {
  seeds: number;
  no_child: number;
  exclusive: boolean;
  tied: boolean;
  /** Of Batch Top-k. */
  k: number;
}

const [PARENTS, CHILDREN, FIRES] = [4, 4, 0.15];

/** S such that each parent fires on 15 % of the samples, whatever else is set. */
function sparsity({ no_child, exclusive }: Setting): number {
  const someChild = FIRES * (1 - no_child);
  return exclusive ? 1 - someChild / CHILDREN : (1 - someChild) ** (1 / CHILDREN);
}

export function worldOf(setting: Setting): string {
  const fires = 1 - sparsity(setting);
  const l0 = PARENTS * FIRES + PARENTS * CHILDREN * fires;
  return `${PARENTS} parents of ${CHILDREN} children each, orthonormal in 32 dimensions. A parent fires on ${100 * FIRES} % of the samples, ${Math.round(100 * setting.no_child)} % of these without a child; ${l0.toFixed(2)} features are active at a time. 20 latents, Adam at 0.003, 2,000 steps of 256.`;
}

export function trialsOf(setting: Setting): { name: string; config: object }[] {
  const { k } = setting;
  const anchored = { anchors: { count: PARENTS, coefficient: 0.1 } };
  const relu = { activation: 'relu' };
  const batch = { activation: 'batch_top_k', k };
  const nested = { activation: 'batch_top_k', k: Math.max(1, k) };
  const of = (name: string, model: object, loss: object, more: object = {}) => ({
    name,
    config: { ...base(setting), model: { ...MODEL, ...model }, loss, ...more },
  });
  return [
    of('L1 0.1', relu, { l1: 0.1 }),
    of('L1 0.1, parents anchored', relu, { l1: 0.1 }, anchored),
    of('Top-k, k = 1', { activation: 'top_k', k: 1 }, {}),
    of(`Batch Top-k, k = ${k}`, batch, {}),
    of(`Batch Top-k, k = ${k}, parents anchored`, batch, {}, anchored),
    of(`Prefix Matryoshka (4), k = ${Math.max(1, k)}`, nested, { matryoshka: [PARENTS] }),
  ];
}

const MODEL = { n_latent: PARENTS * (1 + CHILDREN) };

function base(setting: Setting): object {
  return {
    bench: {
      n_features: PARENTS * (1 + CHILDREN),
      n_input: 32,
      sparsity: sparsity(setting),
      n_parents: PARENTS,
      n_children: CHILDREN,
      no_child: setting.no_child,
      exclusive_children: setting.exclusive,
      tied_magnitudes: setting.tied,
    },
    training: { steps: 2000, batch: 256, learning_rate: 0.003 },
    anchors: { count: 0, coefficient: 0 },
    scoring: { rows: 8192, hold_out: PARENTS, threshold: 0.9 },
  };
}

/** Mean and half of its 95 % interval over those that are defined. */
export function summary(values: readonly (number | null)[]): { mean: number; half: number } {
  return interval95(values.filter((value): value is number => value !== null && Number.isFinite(value)));
}
