/** The picture under everything: heights in colour, traps hatched. Painted once for a picture and a theme. */
import type { Theme } from '../../theme';
import type { Picture } from './engine';
import { heightTable } from './ramp';

/** Heights as size × size pixels, θ₂ upwards. */
export function heatImage(picture: Picture, theme: Theme): HTMLCanvasElement {
  const { size, heights, least, most } = picture;
  const table = heightTable(theme);
  const pixels = new Uint32Array(size * size);
  const scale = most - least > 1e-9 ? 255 / (most - least) : 0;
  for (let y = 0; y < size; y++) {
    const row = (size - 1 - y) * size;
    for (let x = 0; x < size; x++) {
      const at = Math.round((heights[y * size + x] - least) * scale);
      pixels[row + x] = table[Math.max(0, Math.min(255, at))];
    }
  }
  return image(size, pixels);
}

/** Opaque where a cell is a spurious minimum all over. */
export function trapMask(picture: Picture): HTMLCanvasElement {
  const { size, cell_of, minima } = picture;
  const traps = new Set(minima.filter((m) => m.kind === 'plateau' && !m.global).map((m) => m.cell));
  const pixels = new Uint32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) if (traps.has(cell_of[y * size + x])) pixels[(size - 1 - y) * size + x] = 0xff000000;
  return image(size, pixels);
}

/** The hatch, cut out by the mask, `side` CSS pixels wide. */
export function hatching(mask: HTMLCanvasElement, side: number, ratio: number, colour: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.max(1, Math.round(side * ratio));
  const ctx = canvas.getContext('2d') as CanvasRenderingContext2D;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(mask, 0, 0, canvas.width, canvas.height);
  ctx.globalCompositeOperation = 'source-in';
  // One path: source-in erases all that it does not draw.
  ctx.strokeStyle = colour;
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let at = -canvas.width; at < canvas.width; at += 7 * ratio) {
    ctx.moveTo(at, canvas.height);
    ctx.lineTo(at + canvas.height, 0);
  }
  ctx.stroke();
  return canvas;
}

function image(size: number, pixels: Uint32Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, size), 0, 0);
  return canvas;
}
