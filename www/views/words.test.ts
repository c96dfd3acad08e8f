/** Numbers, verdicts and sentences, on a made-up run whose weights and metrics agree with each other. */
import { expect, describe as group, it } from 'vitest';
import { diverge, makeRun, makeWorld } from './synthetic';
import { comparison, featureVerdict, latentVerdict, patternOf } from './verdicts';
import * as words from './words';

const shape = { n_features: 12, n_input: 8, n_latent: 20, anchors: 3, dead: 4, polysemantic: 3 };
const world = makeWorld(shape);
const [a, b] = [makeRun('A', shape, world, 0.8), makeRun('B', shape, world, 0.8)];

group('numbers', () => {
  it.each([
    [0, '0 %'],
    [0.5, '50 %'],
    [0.0314, '3.1 %'],
    [0.0005, '0.050 %'],
    [1e-6, '< 0.001 %'],
    [Number.NaN, '–'],
  ])('percent(%f) is %s', (share, text) => expect(words.percent(share)).toBe(text));
  it.each([
    [-0.25, '−0.250'],
    [-1e-5, '0.000'],
    [1234.5, '1234.500'],
    [Number.NaN, '–'],
  ])('score(%f) is %s, with a true minus', (value, text) => expect(words.score(value)).toBe(text));
  it.each([
    [12480, '12,480'],
    [0.4, '0'],
    [Number.NaN, '–'],
  ])('count(%f) is %s', (value, text) => expect(words.count(value)).toBe(text));
  it.each([
    [0, '0'],
    [500, '500'],
    [1000, '1k'],
    [12480, '12.5k'],
    [2.5e6, '2.5M'],
  ])('compact(%f) is %s', (value, text) => expect(words.compact(value)).toBe(text));
  it.each([
    [0.0123, '0.0123'],
    [1.5e-6, '1.50e−6'],
    [0, '0.00'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('loss(%f) is %s', (value, text) => expect(words.loss(value)).toBe(text));
});

it('says which latents are shown only where some are not', () => {
  expect(words.partSentence(40, 40)).toBe('');
  expect(words.partSentence(256, 1500)).toBe(' Only the 256 best-matching of 1,500 latents are shown.');
});

group('latents', () => {
  it('finds the nearest feature of planted rows, not one that they point away from', () => {
    const directions = Float32Array.from([1, 0, 0, 1]);
    const weights = Float32Array.from([0.1, 2, -3, 0.5, 0, 0]);
    expect(words.bestFeature(weights, directions, 2, 0).feature).toBe(1);
    expect(words.bestFeature(weights, directions, 2, 1)).toEqual({ feature: 1, cosine: expect.closeTo(0.164, 3) });
    expect(words.bestFeature(weights, directions, 2, 2)).toEqual({ feature: 0, cosine: 0 });
    expect(words.norm(weights, 2, 1)).toBeCloseTo(Math.hypot(3, 0.5), 6);
  });

  it('sorts every latent by what fires it', () => {
    const { metrics } = a.frame;
    expect(metrics.n_dead).toBe(4);
    for (let i = 0; i < shape.n_latent; i++) {
      const fired = patternOf(metrics, shape.n_features, i)?.length ?? -1;
      const expected = metrics.dead[i] ? 'dead' : (['silent', 'mono'][fired] ?? 'poly');
      expect(words.latentKind(metrics, i)).toBe(expected);
    }
  });

  it('says what a dead and an anchored latent is', () => {
    expect(latentVerdict(a, 19, 2)).toMatch(/^Dead: it has not fired for [\d,]+ samples/);
    expect(latentVerdict(b, 0, 2)).toContain(`anchored to feature ${world.anchor_order[0]}.`);
    expect(latentVerdict(a, 0, 2)).not.toContain('anchored');
  });
});

group('features', () => {
  it('counts recovery over the same features in both runs', () => {
    const [ofA, ofB] = [a, b].map((run) => words.recovered(run.frame.metrics, 'decoder_cosine', 0.95));
    expect(ofA.of).toBe(9);
    expect(ofB.of).toBe(9);
    expect(ofA.n / ofA.of).toBeCloseTo(a.frame.metrics.recovery.decoder_cosine.mgt, 6);
  });

  it('lists anchors only where anchoring is on', () => {
    expect(words.anchoredFeatures(a)).toHaveLength(0);
    expect([...words.anchoredFeatures(b)]).toEqual([...world.anchor_order.subarray(0, 3)]);
  });

  it('says when the best latent points the opposite way', () => {
    const run = structuredClone(a);
    const { latent: best, score } = run.frame.metrics.recovery.decoder_cosine;
    const feature = score.indexOf(Math.max(...score));
    const latent = best[feature];
    expect(featureVerdict(run, 'decoder_cosine', feature)).not.toContain('opposite');
    run.frame.metrics.similarity.decoder[latent * shape.n_features + feature] *= -1;
    expect(featureVerdict(run, 'decoder_cosine', feature)).toContain('opposite');
  });
});

group('pairOf', () => {
  it('brings a feature its best latent of each run', () => {
    const pair = words.pairOf(b, 'encoder_cosine', { kind: 'feature', feature: 7 });
    expect(pair).toEqual({ feature: 7, latent: b.frame.metrics.recovery.encoder_cosine.latent[7], chosen: 'feature' });
  });
  it("leaves the other run's latents and what does not exist alone", () => {
    expect(words.pairOf(a, 'decoder_cosine', { kind: 'latent', run: 'B', latent: 1 })).toBeNull();
    expect(words.pairOf(a, 'decoder_cosine', { kind: 'latent', run: 'A', latent: 99 })).toBeNull();
    expect(words.pairOf(a, 'decoder_cosine', { kind: 'feature', feature: 99 })).toBeNull();
    expect(words.pairOf(a, 'decoder_cosine', null)).toBeNull();
  });
});

it('compares two runs in a sentence', () => {
  const run = structuredClone(b);
  run.frame.metrics.sse = a.frame.metrics.sse * 3;
  run.history.metrics.mip = [...a.history.metrics.mip.slice(0, -1), (a.history.metrics.mip.at(-1) ?? 0) - 0.25];
  expect(comparison([a, run])).toBe("B has 3.0 times A's error; its mean best match is 0.250 lower.");
  run.frame.metrics.sse = a.frame.metrics.sse * 0.5;
  expect(comparison([a, run])).toContain("50 % of A's error");
  expect(comparison([a, diverge(b)])).toContain('B has diverged');
});
