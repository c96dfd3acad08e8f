/** What the page says of two runs is what their metrics say, whichever is ahead. */
import { expect, test } from 'vitest';
import { positionOf, valueAt } from './controls';
import { knobAt, type NumberKnob } from './knobs';
import { brief, recovered, type Seen, sentences } from './notice';
import { metricsAt } from './testing';

function seen(label: 'A' | 'B', mgt: number, step = 1200): Seen {
  const metrics = metricsAt(step);
  metrics.recovery.decoder_cosine.mgt = mgt;
  return { label, title: label === 'A' ? 'plain' : '2 anchors', metrics };
}

test.each([
  [1 / 3, 1, '1 of the 3 features anchored in neither, B (2 anchors) 3: 2 more'],
  [1, 1 / 3, '3 of the 3 features anchored in neither, B (2 anchors) 1: 2 fewer'],
  [2 / 3, 2 / 3, 'A and B have both recovered 2 of the 3 features'],
])('recovery %s against %s', (a, b, said) => {
  const [first] = sentences(seen('A', a), seen('B', b), 'decoder_cosine', false);
  expect(first).toContain('After 1,200 steps');
  expect(first).toContain(said);
});

test('nothing to score is said', () => {
  const all = seen('A', 0);
  all.metrics.scored.fill(0);
  expect(sentences(all, all, 'decoder_cosine', true)[0]).toContain(
    'nothing is scored: every one of the labels is anchored',
  );
  expect(recovered(all.metrics, 'decoder_cosine')).toEqual({ of: 0, found: 0 });
});

test('numbers are short and never NaN', () => {
  expect([0, 0.12345, 1234.5, 1e-5, 1e7, Number.NaN].map(brief)).toEqual([
    '0',
    '0.123',
    '1230',
    '1.00e-5',
    '1.00e+7',
    '–',
  ]);
});

test.each(['loss.l1', 'training.learning_rate', 'anchors.coefficient', 'scoring.threshold'])('slider of %s', (path) => {
  const knob = knobAt(path) as NumberKnob;
  for (let at = 0; at <= 100; at += 5) expect(positionOf(knob, valueAt(knob, at))).toBeCloseTo(at, -0.5);
  if (knob.log) expect([valueAt(knob, 0), positionOf(knob, 0)]).toEqual([0, 0]);
  expect(positionOf(knob, knob.max)).toBeLessThanOrEqual(100);
});
