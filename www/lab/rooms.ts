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
    id: 'bounds',
    title: 'Bounds',
    about:
      'How far the planted solution is from zero loss, and where the loss at extreme sparsity is what the theory says.',
    load: () => import('./bounds'),
  },
];
