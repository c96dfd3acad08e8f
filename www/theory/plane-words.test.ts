/** What is found between two runs follows from the losses on the way, and the caption owns up to what was done. */
import { expect, test } from 'vitest';
import { configsOf, defaultState, withValue } from '../state';
import { captionOf, type Drawn, findingOf, methodOf } from './plane-words';

const at = (of: Drawn['report']['marks'][number]['of'], off = 0) => ({ of, x: 0, y: 0, off });

function drawn(between: number[], over: Partial<Drawn> = {}, state = defaultState()): Drawn {
  return {
    basis: 'truth',
    first: 'A',
    report: {
      marks: [at('first'), at('second'), at('truth'), at('first_start', 3.25)],
      step: 1200,
      n_latent: 32,
      n_rows: 2048,
      has_approx: true,
    },
    quantity: 'approx',
    configs: configsOf(state),
    dimensions: 2048,
    atMarks: [between[0], between.at(-1) ?? 0, 0.01, 2],
    between,
    values: Float64Array.of(0.01, 4),
    ...over,
  };
}

test('a barrier is a way that rises above both ends', () => {
  expect(findingOf(drawn([0.2, 0.5, 0.3]))).toBe(
    'L̃ is 0.200 at A, 0.300 at B, 0.0100 at the truth. On the straight way between the runs it rises to 0.500: a barrier.',
  );
  expect(findingOf(drawn([0.2, 0.25, 0.3]))).toMatch(/never rises above the higher end: no barrier\.$/);
  expect(findingOf(drawn([], { basis: 'around', first: 'B', atMarks: [0.3] }))).toBe(
    'At B L̃ is 0.300; the lowest of the points drawn is 0.0100.',
  );
});

test('the caption says which plane, what is off it, what was done for the method, and that a slice can mislead', () => {
  const plain = captionOf(drawn([1, 1]));
  expect(plain).toContain('A and B as they were at step 1,200 and the planted solution');
  expect(plain).toContain('A at the start by 3.25');
  expect(plain).toContain('of 2,048 directions it shows two');
  expect(plain).not.toContain('widened');
  const wide = withValue(withValue(defaultState(), 'model.n_latent', 16), 'model.activation', 'batch_top_k');
  const said = captionOf(drawn([1, 1], { quantity: 'sse' }, wide));
  expect(said).toContain('A is widened with 16 latents of zeros');
  expect(said).toContain('Batch Top-k selects within the batch');
  expect(said).toContain('mean over 2,048 samples');
});

test('runs that differ in what the loss depends on differ in method, others do not', () => {
  const anchors = configsOf(withValue(defaultState(), 'anchors.count', 3, 'B'));
  expect(methodOf(anchors.A)).toBe(methodOf(anchors.B));
  const apart = configsOf(withValue(defaultState(), 'model.activation', 'relu', 'B'));
  expect(methodOf(apart.A)).not.toBe(methodOf(apart.B));
});
