/** Example 3.3 as the engine sees it. */
import { html, render } from 'lit';
import type { RoomModule } from './rooms';

interface PointReport {
  loss: number;
  gradient_encoder: number;
  gradient_decoder: number;
  pattern: number[][];
}

const EXAMPLE = {
  ask: 'point',
  world: {
    directions_in: [
      [1, 0],
      [0, 1],
    ],
    directions_out: [
      [1, 0],
      [0, 1],
    ],
    mass: [1, 1],
    sigma: { top_k: 1 },
  },
  point: {
    encoder: [
      [1, 1],
      [0, 0],
    ],
    decoder: [
      [0.5, 0.5],
      [0, 0],
    ],
  },
};

export const open: RoomModule['open'] = (at, { pool }) => {
  pool
    .ask<PointReport>(EXAMPLE)
    .then((report) =>
      render(
        html`<p>L̃ = ${report.loss}, patterns ${report.pattern.map((of) => `{${of.join(', ')}}`).join(' ')}</p>`,
        at,
      ),
    );
  return () => {};
};
