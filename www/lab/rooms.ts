/** The rooms of the theory lab, in the order of its list. A room's module is fetched when it is entered. */
import type { Pool } from './pool';

export interface Visit {
  pool: Pool;
  /** What the address says after the room's name. */
  query: URLSearchParams;
}

export interface RoomModule {
  /** Fills the element; answers what to do on leaving. */
  open(at: HTMLElement, visit: Visit): () => void;
}

export interface Room {
  id: string;
  title: string;
  /** A sentence or two: what can be seen here. */
  about: string;
  load(): Promise<RoomModule>;
}

export const ROOMS: readonly Room[] = [
  {
    id: 'landscape',
    title: 'The exact small landscape',
    about:
      'Two features, two latents, and all encoders there are: where the minima lie, which of them are traps, and which starts fall into them.',
    load: () => import('./landscape'),
  },
  {
    id: 'seeds',
    title: 'Many seeds',
    about:
      'In which minima do runs end, and how often? Many small runs in one world, plain, anchored and resampled on the same seeds, grouped by their activation patterns.',
    load: () => import('./seeds'),
  },
  {
    id: 'escape',
    title: 'Escape room',
    about:
      'A minimum in which two features share a latent is built, shaken by noise of relative size ε, and trained on from: how often does a run get out, and does resampling or anchoring help?',
    load: () => import('./escape'),
  },
  {
    id: 'patterns',
    title: 'Patterns',
    about:
      'Put features into latents. Does some encoder have that pattern, and if so, which of the published statements holds at the minimum that the theorem builds from it?',
    load: () => import('./patterns'),
  },
  {
    id: 'zero-loss',
    title: 'Zero loss, nothing found',
    about:
      'A loss of zero does not mean that features were found: a basis that finds none, and how often training ends so.',
    load: () => import('./zero-loss'),
  },
  {
    id: 'biconvex',
    title: 'Convex pieces',
    about:
      'Within one activation pattern L̃ is convex in the encoder and convex in the decoder. Across a boundary it is not: drag the segment over one.',
    load: () => import('./biconvex'),
  },
  {
    id: 'absorption-built',
    title: 'Absorption, built',
    about:
      'From a latent for all dogs to one for all dogs but one breed: the construction of Theorem 3.8, number by number.',
    load: () => import('./dog'),
  },
  {
    id: 'absorption',
    title: 'Absorption, side by side',
    about:
      'A parent fires whenever one of its children does. Sparse methods save an activation by letting the child’s latent speak for the parent as well. Which ones do, and do anchors on the parents help?',
    load: () => import('./absorption'),
  },
  {
    id: 'bounds',
    title: 'Bounds',
    about:
      'How far the planted solution is from zero loss, and where the loss at extreme sparsity is what the theory says.',
    load: () => import('./bounds'),
  },
  {
    id: 'findings',
    title: 'Findings',
    about:
      'What grids of small runs say, at least 32 seeds to a point, each made by one command that is stated with it: where a remedy helps, and where it does not.',
    load: () => import('./findings'),
  },
];
