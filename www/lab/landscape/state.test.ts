/** Links: what is written is read back, what is wrong does no harm. */
import { describe, expect, test } from 'vitest';
import { DEFAULT, readState, SCENES, sceneOf, startOf, turned, writeState } from './state';

const read = (text: string) => readState(new URLSearchParams(text));

describe('a link', () => {
  test('of every scene is read back as it was', () => {
    for (const { id, change } of SCENES) {
      const state = { ...DEFAULT, ...change, step: 120, ends: true };
      expect(read(writeState(state)), id).toEqual(state);
      expect(read(`scene=${id}`), id).toEqual({ ...DEFAULT, ...change });
    }
  });

  test('says nothing of what is at its default', () => {
    expect(writeState(DEFAULT)).toBe('');
  });

  test('that is broken is held to its bounds, or to the default', () => {
    const state = read('f1=NaN&m1=&weight=1e9&anchors=1.6&sigma=magic&__proto__=3&s1=-999');
    expect(state).toEqual({ ...DEFAULT, weight: 1, anchors: 2, s1: -180 });
  });
});

test('angles turn into [−180, 180)', () => {
  expect([190, -190, 180, 540, 0].map(turned)).toEqual([-170, 170, -180, -180, 0]);
});

test('the lengths of rows have no say for ReLU, nor has λ when nothing is anchored', () => {
  const state = { ...DEFAULT, sigma: 'relu' as const, ratio: 2, weight: 0.5 };
  expect(sceneOf(state)).toMatchObject({ lengths: [1, 1], anchors: { count: 0, weight: 0 } });
  expect(sceneOf({ ...state, sigma: 'top1', anchors: 1 })).toMatchObject({ lengths: [1, 2], anchors: { weight: 0.5 } });
});

test('a start is off every boundary between features at whole degrees', () => {
  const [a, b] = startOf({ ...DEFAULT, s1: 90, s2: 0 }).map((angle) => (angle * 180) / Math.PI);
  for (const angle of [a, b, a + b, a - b]) expect(Math.abs(angle - Math.round(angle))).toBeGreaterThan(1e-3);
});
