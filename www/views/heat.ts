/**
 * The heat map's picture: an image of at most one cell per device pixel, in the colours of the theme.
 */
import type { Theme } from '../theme';
import { pool } from './order';
import { colourTable, indexOf } from './ramp';

export class HeatImage {
  readonly canvas = document.createElement('canvas');
  private painted = '';

  /** The values or their order have changed: the next `paint` has to do its work again. */
  forget(): void {
    this.painted = '';
  }

  /** `values` [n_rows, n_features] with rows in `order`, for a place of that many CSS pixels; only if it would differ. */
  paint(
    values: Float32Array,
    nFeatures: number,
    order: Uint32Array,
    { width, height }: { width: number; height: number },
    theme: Theme,
  ): void {
    const ratio = devicePixelRatio || 1;
    const key = `${theme.zero}${theme.positive} ${width} ${height} ${ratio}`;
    if (this.painted === key) return;
    this.painted = key;
    const { w, h, image } = pool(values, nFeatures, order, width * ratio, height * ratio);
    this.canvas.width = w;
    this.canvas.height = h;
    const ctx = this.canvas.getContext('2d');
    if (!ctx) return;
    const pixels = ctx.createImageData(w, h);
    const packed = new Uint32Array(pixels.data.buffer);
    const table = colourTable(theme);
    for (let at = 0; at < image.length; at++) packed[at] = table[indexOf(image[at])];
    ctx.putImageData(pixels, 0, 0);
  }
}
