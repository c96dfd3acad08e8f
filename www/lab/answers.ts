/** What `src/theory/{minima,seeds,escape}.rs` answer. */

export interface End {
  seed: number;
  /** F_i: [n_latent], features that fire the latent when alone. */
  pattern: number[][];
  /** L on samples, without penalties. */
  loss: number;
  /** L̃. */
  approx_loss: number;
  /** L̃ as a share of an empty model's. */
  approx_share: number;
}

export interface Ends {
  ends: End[];
  diverged: number[];
}

export type Verdict = 'global' | 'unrecovered' | 'spurious';

/** `count` of `of` with Wilson's 95 % interval. */
export interface Share {
  count: number;
  of: number;
  low: number;
  high: number;
}

export interface Spread {
  least: number;
  median: number;
  most: number;
}

export interface Minimum {
  pattern: number[][];
  verdict: Verdict;
  n_polysemantic: number;
  n_dead: number;
  n_missing: number;
  /** Places in the ends of each arm. */
  ends: number[][];
  shares: Share[];
  loss: Spread;
  approx_loss: Spread;
}

/** Where tries to escape begin. */
export type Start = 'example' | { merged: [number, number] };

export interface Built {
  start: Start;
  pattern: number[][];
  approx_loss: number;
  gradient_encoder: number;
  gradient_decoder: number;
  minimum: boolean;
  /** Features that the config anchors. */
  anchored: number[];
}

export interface Try {
  seed: number;
  escaped: boolean;
  verdict: Verdict;
  end: End;
}

export interface Tries {
  tries: Try[];
  diverged: number[];
}

export const VERDICTS: Record<Verdict, { name: string; mark: string; means: string }> = {
  global: { name: 'global', mark: '●', means: 'every feature has a latent of its own' },
  unrecovered: {
    name: 'zero loss without recovery',
    mark: '◐',
    means: 'a shared latent or a feature without one, yet L̃ below 1 % of an empty model’s',
  },
  spurious: { name: 'spurious', mark: '■', means: 'a shared latent or a feature without one, and L̃ to show for it' },
};

/** "{0, 3} {1} ∅": the sets, the dead at the end counted. */
export function spelled(pattern: readonly (readonly number[])[]): string {
  const dead = pattern.filter((of) => of.length === 0).length;
  const sets = pattern.filter((of) => of.length > 0).map((of) => `{${of.join(', ')}}`);
  return [...sets, ...(dead > 0 ? [dead === 1 ? '∅' : `${dead} × ∅`] : [])].join(' ');
}
