/**
 * Colours of heights and the strokes of methods. Heights are one hue that leaves the paper as they rise, so that paths
 * in the page's hues stand out on any of them; traps are hatched, not coloured.
 */
import type { Theme } from '../../theme';
import type { Method } from './engine';

const LIGHT = ['#f2f8f8', '#cfe0e3', '#a5bfc8', '#7995a6', '#566f85'];
const DARK = ['#0d161a', '#1a2b33', '#2a4350', '#41606f', '#5f8192'];

export const heightColours = (theme: Theme): readonly string[] => (theme.dark ? DARK : LIGHT);

/** [256] packed RGBA (little-endian), lowest first. */
export function heightTable(theme: Theme): Uint32Array {
  const stops = heightColours(theme).map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  return Uint32Array.from({ length: 256 }, (_, ix) => {
    const at = (ix / 255) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(at));
    const [r, g, b] = stops[below].map((c, i) => Math.round(c + (at - below) * (stops[below + 1][i] - c)));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

export interface MethodStyle {
  colour: string;
  /** The same, for a legend. */
  variable: string;
  dash: number[];
  shape: 'dot' | 'square' | 'triangle';
}

export function methodStyle(theme: Theme, method: Method): MethodStyle {
  switch (method) {
    case 'gradient_descent':
      return { colour: theme.a, variable: 'var(--sdl-a)', dash: [], shape: 'dot' };
    case 'adam':
      return { colour: theme.b, variable: 'var(--sdl-b)', dash: [8, 4], shape: 'square' };
    case 'alternating_convex_search':
      return { colour: theme.positive, variable: 'var(--sdl-positive)', dash: [2, 4], shape: 'triangle' };
    default:
      return method satisfies never;
  }
}
