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
    id: 'point',
    title: 'A spurious minimum by hand',
    about: 'Example 3.3 of the paper: one latent answers to two features, the other to none, and no gradient is left.',
    load: () => import('./point'),
  },
  {
    id: 'findings',
    title: 'Findings',
    about:
      'What grids of small runs say, at least 32 seeds to a point, each made by one command that is stated with it: where a remedy helps, and where it does not.',
    load: () => import('./findings'),
  },
];
