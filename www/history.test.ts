/** What is kept of a run: everything while it is short, its shape when it is long, its past when it goes back. */
import { expect, test } from 'vitest';
import type { Frame } from './engine';
import { RunHistory } from './history';
import { frameAt } from './testing';

function long(frames: number): RunHistory {
  const history = new RunHistory();
  for (let step = 0; step < frames; step++) history.record(frameAt(step));
  return history;
}

test('all readings of recovery are kept, so that the reading may change', () => {
  const history = long(3);
  expect(history.shown('decoder_cosine').metrics.mip).not.toEqual(history.shown('encoder_raw').metrics.mip);
  expect(history.shown('encoder_raw').metrics.step).toEqual([0, 1, 2]);
});

test('a long run is thinned, evenly, its ends kept and its series as long as each other', () => {
  const { loss, metrics } = long(9001).shown('decoder_cosine');
  for (const series of [loss.step, metrics.step]) {
    expect(series.length).toBeLessThanOrEqual(2000);
    expect(series.length).toBeGreaterThan(900);
    expect([series[0], series.at(-1)]).toEqual([0, 9000]);
    expect(series.every((step, i) => i === 0 || step > series[i - 1])).toBe(true);
  }
  expect(new Set(Object.values(metrics).map((series) => series.length)).size).toBe(1);
  expect(loss.value.length).toBe(loss.step.length);
  expect(metrics.sse.at(-1)).toBe(frameAt(9000).metrics.sse);
});

test('a frame at the same step replaces the one before', () => {
  const history = long(3);
  const again: Frame = frameAt(2);
  again.metrics.sse = 42;
  history.record({ ...again, loss_steps: new Uint32Array(), loss_values: new Float32Array() });
  expect(history.shown('decoder_cosine').metrics.step).toEqual([0, 1, 2]);
  expect(history.shown('decoder_cosine').metrics.sse.at(-1)).toBe(42);
});

test('going back forgets what came after', () => {
  const history = long(10);
  history.record({ ...frameAt(10), events: [{ kind: 'finished', step: 10 }] });
  history.truncate(4);
  const { loss, metrics, events } = history.shown('decoder_cosine');
  expect([loss.step.at(-1), metrics.step.at(-1), metrics.mip.length, events]).toEqual([4, 4, 5, []]);
});
