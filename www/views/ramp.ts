/**
 * The colours of signed cosines: purple −1, paper 0, green +1, equally dark at both ends and told apart by every eye.
 *
 * Mixed in sRGB as it is encoded: between these ends its lightness (CIE L*) stays within 2.5 (of 100) of a straight line,
 * and a CSS gradient through the three colours, in the legend, is the very same scale.
 */
import type { Theme } from '../theme';
import { child } from './figure';

/** [511] packed RGBA (little-endian, as ImageData wants) for cosines from −1 to 1. The colours are `#rrggbb`. */
export function colourTable(theme: Pick<Theme, 'negative' | 'zero' | 'positive'>): Uint32Array {
  const key = `${theme.negative} ${theme.zero} ${theme.positive}`;
  const known = tables.get(key);
  if (known) return known;
  const [negative, zero, positive] = [theme.negative, theme.zero, theme.positive].map(channels);
  const table = Uint32Array.from({ length: 511 }, (_, at) => {
    const value = at / 255 - 1;
    const end = value < 0 ? negative : positive;
    const [r, g, b] = zero.map((channel, i) => Math.round(channel + Math.abs(value) * (end[i] - channel)));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  tables.set(key, table);
  return table;
}

// One for each theme: themes are few, and a map is painted at every frame.
const tables = new Map<string, Uint32Array>();

export const indexOf = (cosine: number): number => Math.round((Math.max(-1, Math.min(1, cosine)) + 1) * 255);

/** The scale itself, as a legend's first entry. */
export class Ramp {
  readonly element = document.createElement('li');
  private readonly bar: HTMLElement;
  private shown = '';

  constructor() {
    this.element.append('−1');
    this.bar = child(this.element, 'span', 'ramp');
    this.element.append('+1');
    const name = child(this.element, 'span');
    name.textContent = 'cosine';
  }

  show(theme: Theme): void {
    if (this.shown === theme.zero) return;
    this.shown = theme.zero;
    this.bar.style.background = `linear-gradient(90deg, ${theme.negative}, ${theme.zero}, ${theme.positive})`;
  }
}

/** Red, green and blue of `#rrggbb`. */
export function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
