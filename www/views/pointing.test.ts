/** Where the arrow keys lead. */
import { expect, it } from 'vitest';
import { neighbour, walk } from './pointing';

const features = [0, 1, 2];
const latents = [5, 3, 9];

it('walks the features sideways and round the end', () => {
  expect(walk('ArrowRight', { kind: 'feature', feature: 2 }, 'A', features, latents)).toEqual({
    kind: 'feature',
    feature: 0,
  });
  expect(walk('ArrowLeft', { kind: 'feature', feature: 2 }, 'A', features, latents)).toEqual({
    kind: 'feature',
    feature: 1,
  });
});

it('walks the latents up and down in the order drawn', () => {
  const from = { kind: 'latent', run: 'A', latent: 3 } as const;
  expect(walk('ArrowDown', from, 'A', features, latents)).toEqual({ kind: 'latent', run: 'A', latent: 9 });
  expect(walk('ArrowUp', from, 'A', features, latents)).toEqual({ kind: 'latent', run: 'A', latent: 5 });
});

it("starts at the first when coming from nothing or from the other run's latent", () => {
  expect(walk('ArrowDown', null, 'B', features, latents)).toEqual({ kind: 'latent', run: 'B', latent: 5 });
  expect(walk('ArrowDown', { kind: 'latent', run: 'A', latent: 3 }, 'B', features, latents)).toEqual({
    kind: 'latent',
    run: 'B',
    latent: 5,
  });
});

it('leaves other keys to the page', () => {
  expect(walk(' ', null, 'A', features, latents)).toBeUndefined();
  expect(walk('ArrowRight', null, 'A', [], latents)).toBeUndefined();
  expect(neighbour([], 1, 1)).toBeNull();
});
