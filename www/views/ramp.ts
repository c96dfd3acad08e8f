/**
 * The colours of signed cosines: purple −1, paper 0, green +1, equally dark at both ends and told apart by every eye.
 */
import { rgb } from 'd3-color';
import { interpolateLab } from 'd3-interpolate';
import type { Theme } from '../theme';
import { child } from './figure';

/** [511] packed RGBA (little-endian, as ImageData wants) for cosines from −1 to 1. */
export function colourTable(theme: Pick<Theme, 'negative' | 'zero' | 'positive'>): Uint32Array {
  const key = `${theme.negative} ${theme.zero} ${theme.positive}`;
  const known = tables.get(key);
  if (known) return known;
  const table = new Uint32Array(511);
  const below = interpolateLab(theme.zero, theme.negative);
  const above = interpolateLab(theme.zero, theme.positive);
  for (let at = 0; at < 511; at++) {
    const value = at / 255 - 1;
    const { r, g, b } = rgb(value < 0 ? below(-value) : above(value));
    table[at] = ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
  }
  tables.set(key, table);
  return table;
}

// Mixing 511 colours takes longer than painting a map with them.
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
    // Through the middle colours as the map has them, which are mixed in another space than the browser's.
    const table = colourTable(theme);
    const stops = Array.from({ length: 11 }, (_, i) => table[indexOf(i / 5 - 1)]);
    const css = stops.map((packed) => `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`);
    this.bar.style.background = `linear-gradient(90deg, ${css.join(', ')})`;
  }
}
