/** What the room shows, as a link says it: read with bounds, written without what is at its default. */
import { METHODS, type Method, type Scene, type Schedule, type Sigma, type Vec2 } from './engine';

export const STEPS = 600;

export interface State {
  sigma: 'relu' | 'top1' | 'jump';
  /** JumpReLU's. */
  threshold: number;
  /** Length of encoder row 2, row 1 having length 1. */
  ratio: number;
  /** Angles of the features, in degrees, and their M_d. */
  f1: number;
  f2: number;
  m1: number;
  m2: number;
  anchors: number;
  weight: number;
  /** Steps from one resampling of dead latents to the next; 0: never. */
  resample: number;
  /** Where descent starts: angles of the encoder rows in degrees. */
  s1: number;
  s2: number;
  decoder: 'tied' | 'best';
  rate: number;
  /** Whose weights are shown beside the map, and whose ends on it. */
  method: Method;
  ends: boolean;
  step: number;
}

export const DEFAULT: State = {
  sigma: 'top1',
  threshold: 0.3,
  ratio: 1,
  f1: 20,
  f2: 70,
  m1: 1,
  m2: 1,
  anchors: 0,
  weight: 0.1,
  resample: 0,
  s1: 104,
  s2: -100,
  decoder: 'tied',
  rate: 0.05,
  method: 'gradient_descent',
  ends: false,
  step: STEPS,
};

/** A name, and what it changes of the default. */
export const SCENES: readonly { id: string; title: string; change: Partial<State> }[] = [
  { id: 'near', title: 'Two features 50° apart', change: {} },
  { id: 'paper', title: 'Example 3.3 of the paper', change: { f1: 0, f2: 90, s1: 60, s2: -104 } },
  { id: 'opposed', title: 'Two features 140° apart', change: { f1: 20, f2: 160, s1: 66, s2: -62 } },
  { id: 'rare', title: 'One rare feature', change: { f1: 10, f2: 80, m2: 0.3, s1: 96, s2: -120 } },
  { id: 'relu', title: 'ReLU, both may fire', change: { sigma: 'relu', s1: 140, s2: -95 } },
  { id: 'rescued', title: 'A dead latent, resampled', change: { resample: 100 } },
  { id: 'anchored', title: 'One feature known: anchored', change: { anchors: 1, weight: 0.2 } },
];

/** Bounds and steps of the numbers, for links and controls. */
export const RANGES = {
  threshold: [0, 0.95, 0.05],
  ratio: [0.4, 2.5, 0.05],
  f1: [-180, 180, 1],
  f2: [-180, 180, 1],
  m1: [0.1, 3, 0.05],
  m2: [0.1, 3, 0.05],
  anchors: [0, 2, 1],
  weight: [0, 1, 0.01],
  resample: [0, 500, 50],
  s1: [-180, 180, 1],
  s2: [-180, 180, 1],
  rate: [0.005, 0.2, 0.005],
  step: [0, STEPS, 1],
} as const satisfies Partial<Record<keyof State, readonly [number, number, number]>>;

const CHOICES = { sigma: ['relu', 'top1', 'jump'], decoder: ['tied', 'best'], method: METHODS } as const;

/** What cannot be read stays at its default. */
export function readState(query: URLSearchParams): State {
  const state: State = { ...DEFAULT };
  const scene = SCENES.find((scene) => scene.id === query.get('scene'));
  Object.assign(state, scene?.change);
  for (const [name, text] of query) {
    if (Object.hasOwn(RANGES, name)) {
      const [low, high] = RANGES[name as keyof typeof RANGES];
      const value = Number(text);
      if (text !== '' && Number.isFinite(value))
        state[name as keyof typeof RANGES] = Math.max(low, Math.min(high, value));
    } else if (Object.hasOwn(CHOICES, name)) {
      const choices: readonly string[] = CHOICES[name as keyof typeof CHOICES];
      if (choices.includes(text)) Object.assign(state, { [name]: text });
    } else if (name === 'ends') state.ends = text === '1';
  }
  state.anchors = Math.round(state.anchors);
  state.resample = Math.round(state.resample);
  return state;
}

export function writeState(state: State): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value === DEFAULT[name as keyof State]) continue;
    query.set(name, value === true ? '1' : String(value));
  }
  return query.toString();
}

export function sceneOf(state: State): Scene {
  const directions = [state.f1, state.f2].map((angle): Vec2 => unit(radians(angle)));
  const sigma: Sigma =
    state.sigma === 'relu' ? 'relu' : state.sigma === 'top1' ? { top_k: 1 } : { jump_relu: state.threshold };
  return {
    world: { directions_in: directions, directions_out: directions, mass: [state.m1, state.m2], sigma },
    // Lengths have no say for ReLU, but for the anchor term, which wants 1.
    lengths: [1, state.sigma === 'relu' ? 1 : state.ratio],
    anchors: { count: state.anchors, weight: state.anchors > 0 ? state.weight : 0 },
  };
}

export function scheduleOf(state: State, method: Method): Schedule {
  return { method, steps: STEPS, rate: state.rate, decoder: state.decoder, resample_every: state.resample };
}

/** A hair off whole degrees, each angle by its own: between features at whole degrees no start lies on a boundary. */
export function startOf({ s1, s2 }: State): Vec2 {
  return [radians(s1 + 0.011), radians(s2 + 0.017)];
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
export const degrees = (radians: number): number => (radians * 180) / Math.PI;
export const unit = (angle: number): Vec2 => [Math.cos(angle), Math.sin(angle)];

/** In [−180, 180). */
export function turned(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
