/**
 * Pointing, alike in every figure: hovering, clicking, reading off, and the keys that do the same.
 *
 * Left and right walk the features, up and down the latents (a figure of latents only takes both for them); Enter
 * selects what is pointed at, Escape lets go.
 */
import { claim, type Figure } from './figure';
import type { Handlers, RunLabel, Selection } from './view';
import { sameSelection } from './words';

export interface Pointing {
  /** What lies under a point of the canvas; `reach` is larger for fingers. */
  pick(x: number, y: number, reach: number): Selection;
  /** What the figure was last told is pointed at or, failing that, selected. */
  current(): Selection;
  /** Where an arrow key leads; undefined for other keys. */
  move(key: string, from: Selection): Selection | undefined;
  /** Words for a screen reader. */
  describe(selection: Selection): string[];
}

export function listen(figure: Figure, handlers: Handlers, pointing: Pointing): void {
  const { canvas, signal } = figure;
  let last: Selection = null;
  const hover = (selection: Selection) => {
    if (sameSelection(selection, last)) return;
    last = selection;
    handlers.hover(selection);
  };
  const pick = (event: PointerEvent | MouseEvent) =>
    pointing.pick(event.offsetX, event.offsetY, 'pointerType' in event && event.pointerType === 'touch' ? 26 : 14);
  canvas.addEventListener('pointermove', (event) => event.buttons === 0 && hover(pick(event)), { signal });
  canvas.addEventListener('pointerleave', () => hover(null), { signal });
  canvas.addEventListener('click', (event) => handlers.select(pick(event)), { signal });
  canvas.addEventListener('blur', () => hover(null), { signal });
  canvas.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      // Keys may come faster than figures are drawn.
      const at = last ?? pointing.current();
      if (event.key === 'Enter' && at) handlers.select(at);
      else if (event.key === 'Escape') {
        hover(null);
        handlers.select(null);
      } else {
        const next = pointing.move(event.key, at);
        if (next === undefined) return;
        hover(next);
        figure.say(pointing.describe(next));
      }
      claim(event);
    },
    { signal },
  );
}

export interface Reading {
  /** The position on the axis under a pixel of the canvas; null while nothing is drawn. */
  at(x: number): number | null;
  /** The position that an arrow key leads to. */
  beside(by: -1 | 1): number;
  /** Reads at a position; null: no longer. */
  read(position: number | null): void;
  /** Words for a screen reader. */
  describe(): string[];
}

/** Reading a plot off along its horizontal axis, by pointer or arrow keys; Escape lets go. */
export function listenForReading(figure: Figure, handlers: Handlers, reading: Reading): void {
  const { canvas, signal } = figure;
  canvas.addEventListener('pointermove', (event) => reading.read(reading.at(event.offsetX)), { signal });
  canvas.addEventListener('pointerleave', () => reading.read(null), { signal });
  canvas.addEventListener('blur', () => reading.read(null), { signal });
  canvas.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const by = ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 } as const)[event.key];
      if (event.key === 'Escape') {
        reading.read(null);
        handlers.select(null);
      } else if (by) {
        reading.read(reading.beside(by));
        figure.say(reading.describe());
      } else return;
      claim(event);
    },
    { signal },
  );
}

/** Walks the features (left, right) and the latents (up, down) in the order in which they are drawn. */
export function walk(
  key: string,
  from: Selection,
  run: RunLabel,
  features: ArrayLike<number>,
  latents: ArrayLike<number>,
): Selection | undefined {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
  if (by === undefined) return undefined;
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const next = neighbour(features, from?.kind === 'feature' ? from.feature : null, by);
    return next === null ? undefined : { kind: 'feature', feature: next };
  }
  const next = neighbour(latents, from?.kind === 'latent' && from.run === run ? from.latent : null, by);
  return next === null ? undefined : { kind: 'latent', run, latent: next };
}

/** The entry before or after `value`, round the end; the first where `value` is not among them. */
export function neighbour(order: ArrayLike<number>, value: number | null, by: number): number | null {
  if (order.length === 0) return null;
  const at = value === null ? -1 : Array.prototype.indexOf.call(order, value);
  return at < 0 ? order[0] : order[(at + by + order.length) % order.length];
}
