/**
 * Seeded made-up runs for the gallery and for tests: weights that drift from noise to truth, with dead and
 * polysemantic latents and anchors among them, and metrics that are computed from those very weights.
 *
 * Development only: the page's frames come from the engine.
 */
import type { Absorption, Config, Frame, Metrics, Recovery, RunEvent, World } from '../engine';
import { defaultConfig } from '../state';
import type { History, RunData, RunLabel } from './view';

const CHILDREN = 4;

export interface Shape {
  n_features: number;
  n_input: number;
  n_latent: number;
  anchors?: number;
  dead?: number;
  polysemantic?: number;
  names?: string[];
  /** Parents of four children each: the first features. */
  parents?: number;
  /** As of a large model: the encoder is left out, and the heat map has only so many latents. */
  sent?: number;
}

/** A generator of uniform numbers in [0, 1) (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function makeWorld(shape: Shape, seed = 7): World {
  const { n_features: n, n_input } = shape;
  const normal = gaussian(uniform(seed));
  const directions = new Float32Array(n * n_input);
  for (let d = 0; d < n; d++) {
    // In the plane, evenly spread: what the bench's search would reach.
    if (n_input === 2) directions.set([Math.cos((2 * Math.PI * d) / n), Math.sin((2 * Math.PI * d) / n)], 2 * d);
    else directions.set(unit(Array.from({ length: n_input }, normal)), d * n_input);
  }
  let interference = -1;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) interference = Math.max(interference, dot(directions, i, directions, j, n_input));
  const random = uniform(seed + 1);
  const order = Uint32Array.from({ length: n }, (_, d) => d);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return {
    n_features: n,
    n_input,
    n_target: n_input,
    n_sources: 1,
    directions_in: directions,
    directions_out: directions,
    names: shape.names ?? null,
    interference,
    interference_target: 0.1,
    iterations: 400,
    statement: `Largest inner product ${interference.toFixed(2)}.`,
    true_l0: shape.names ? null : n * 0.05,
    anchor_order: order,
    n_rows: shape.names ? 5000 : 0,
    labels: null,
  };
}

/** A run as it stands at `progress` in [0, 1]; the same arguments give the same run. */
export function makeRun(label: RunLabel, shape: Shape, world: World, progress: number, seed = 11): RunData {
  const anchors = label === 'B' ? (shape.anchors ?? 0) : 0;
  const config = makeConfig(shape, anchors, seed);
  const step = Math.round(progress * config.training.steps);
  const { encoder, decoder } = makeWeights(shape, world, anchors, progress, seed + (label === 'B' ? 1 : 0));
  const metrics = measure(config, world, encoder, decoder, shape.dead ?? 0, step);
  if (shape.parents) {
    Object.assign(config.bench, { n_parents: shape.parents, n_children: CHILDREN });
    metrics.absorption = makeAbsorption(shape.parents, metrics, uniform(seed + (label === 'B' ? 1 : 0)));
  }
  const history = makeHistory(config, progress, label, metrics);
  if (shape.sent) leaveOut(metrics, shape.n_features, shape.sent);
  const frame: Frame = {
    step,
    samples: step * config.training.batch,
    loss_steps: new Uint32Array(),
    loss_values: new Float32Array(),
    encoder: shape.sent ? new Float32Array() : encoder,
    decoder,
    b_enc: new Float32Array(shape.n_latent),
    b_dec: new Float32Array(world.n_input),
    theta: new Float32Array(),
    metrics,
    events: [],
  };
  return { label, title: anchors ? `${anchors} anchors` : 'plain', config, world, frame, history };
}

/** Every third child absorbs, and by a latent of its own; the rest do so in part or not at all. */
function makeAbsorption(parents: number, metrics: Metrics, random: () => number): Absorption {
  const { latent } = metrics.recovery.decoder_cosine;
  const edges: number[] = [];
  for (let e = 0; e < parents * CHILDREN; e++) {
    const full = [0.7 + 0.3 * random(), 0.3 * random(), 0][e % 3];
    const child = parents + e;
    const speaker = full > 0 ? [latent[child], 0.9] : [-1, 0];
    edges.push(Math.floor(e / CHILDREN), child, 150 + e, full, Math.min(1, 1.2 * full), full, 0.7 * full, ...speaker);
  }
  const answers = Array.from({ length: parents * (1 + CHILDREN) }, (_, d) => [d, latent[d]]).flat();
  return {
    edges: new Float32Array(edges),
    answers: new Uint32Array(answers),
    means: new Float32Array([0.36, 0.41, 0.36, 0.25, 0.36, 0.41, 0.36, 0.25]),
  };
}

function leaveOut(metrics: Metrics, n: number, sent: number): void {
  const { similarity } = metrics;
  // Every third, so that a row's number and its latent's differ.
  const latents = Uint32Array.from({ length: sent }, (_, row) => 3 * row);
  const rows = <T extends Float32Array | Uint8Array>(values: T, out: T): T => {
    latents.forEach((latent, row) => {
      out.set(values.subarray(latent * n, (latent + 1) * n), row * n);
    });
    return out;
  };
  metrics.similarity = {
    latents,
    decoder: rows(similarity.decoder, new Float32Array(sent * n)),
    encoder: rows(similarity.encoder, new Float32Array(sent * n)),
    pattern: rows(similarity.pattern, new Uint8Array(sent * n)),
  };
}

/** The run as a divergence leaves it: NaN in all weights and in all that is measured from them. */
export function diverge(run: RunData): RunData {
  const broken = structuredClone(run);
  const { frame, history } = broken;
  const spoil = (value: unknown): void => {
    if (value instanceof Float32Array) value.fill(Number.NaN);
    else if (value && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'number' && key !== 'step' && !key.startsWith('n_'))
          Object.assign(value, { [key]: Number.NaN });
        else spoil(inner);
      }
    }
  };
  frame.encoder.fill(Number.NaN);
  frame.decoder.fill(Number.NaN);
  spoil(frame.metrics);
  const remedy = { text: 'Halve the learning rate.', field: 'training.learning_rate', value: 0.0005 };
  history.events.push({ kind: 'diverged', step: frame.step, loss: Number.NaN, cause: 'the learning rate', remedy });
  history.metrics.sse.splice(-5, 5, ...new Array(5).fill(Number.NaN));
  history.metrics.mip.splice(-5, 5, ...new Array(5).fill(Number.NaN));
  return broken;
}

function makeWeights(shape: Shape, world: World, anchors: number, progress: number, seed: number) {
  const { n_latent, n_features: n, n_input } = shape;
  const random = uniform(seed);
  const normal = gaussian(random);
  const encoder = new Float32Array(n_latent * n_input);
  const decoder = new Float32Array(n_latent * n_input);
  const nDead = shape.dead ?? 0;
  const nPoly = shape.polysemantic ?? 0;
  for (let i = 0; i < n_latent; i++) {
    const noise = unit(Array.from({ length: n_input }, normal));
    const pace = 0.6 + 1.6 * random();
    const feature = i < anchors ? world.anchor_order[i] : Math.floor(random() * n);
    const second = (feature + 1) % n;
    const dead = i >= n_latent - nDead;
    const poly = !dead && i >= n_latent - nDead - nPoly;
    const share = dead
      ? 0.15 * Math.min(1, 2 * progress)
      : Math.min(0.985, (progress * (i < anchors ? 3 : pace)) ** 0.7);
    const wobble = 0.02 * Math.sin(40 * progress + i);
    for (const [weights, scale] of [
      [encoder, dead ? 0.5 : 0.8 + 0.25 * share],
      [decoder, dead ? 0.8 : 0.9 + 0.1 * share],
    ] as const) {
      for (let j = 0; j < n_input; j++) {
        let aim = world.directions_out[feature * n_input + j];
        if (poly) aim = 0.7 * aim + 0.7 * world.directions_out[second * n_input + j];
        const jitter = weights === encoder ? 0.06 * normal() * (1 - 0.6 * share) : wobble;
        weights[i * n_input + j] = scale * (share * aim + (1 - share) * noise[j] + jitter);
      }
    }
  }
  return { encoder, decoder };
}

function measure(
  config: Config,
  world: World,
  encoder: Float32Array,
  decoder: Float32Array,
  nDead: number,
  step: number,
): Metrics {
  const { n_features: n, n_input } = world;
  const nLatent = config.model.n_latent;
  const cosine = { encoder: new Float32Array(nLatent * n), decoder: new Float32Array(nLatent * n) };
  const raw = { encoder: new Float32Array(nLatent * n), decoder: new Float32Array(nLatent * n) };
  for (const [side, weights] of [
    ['encoder', encoder],
    ['decoder', decoder],
  ] as const) {
    for (let i = 0; i < nLatent; i++) {
      const length = Math.sqrt(dot(weights, i, weights, i, n_input)) || 1;
      for (let d = 0; d < n; d++) {
        raw[side][i * n + d] = dot(weights, i, world.directions_out, d, n_input);
        cosine[side][i * n + d] = raw[side][i * n + d] / length;
      }
    }
  }
  const dead = Uint8Array.from({ length: nLatent }, (_, i) =>
    i >= nLatent - nDead && step > 0.2 * config.training.steps ? 1 : 0,
  );
  const pattern = raw.encoder.map((value, at) => (value > 0.6 && !dead[Math.floor(at / n)] ? 1 : 0));
  const scored = new Uint8Array(n).fill(1);
  for (const d of world.anchor_order.subarray(0, config.scoring.hold_out)) scored[d] = 0;
  const featuresPerLatent = new Uint32Array(nLatent);
  const latentsPerFeature = new Uint32Array(n);
  pattern.forEach((on, at) => {
    featuresPerLatent[Math.floor(at / n)] += on;
    latentsPerFeature[at % n] += on;
  });
  const recovery = {
    encoder_raw: recover(raw.encoder, n, scored, config.scoring.threshold),
    encoder_cosine: recover(cosine.encoder, n, scored, config.scoring.threshold),
    decoder_raw: recover(raw.decoder, n, scored, config.scoring.threshold),
    decoder_cosine: recover(cosine.decoder, n, scored, config.scoring.threshold),
  };
  const lossPerFeature = recovery.decoder_cosine.score.map((value) => Math.max(0, 1 - value) ** 1.2);
  const sse = lossPerFeature.reduce((sum, value) => sum + value, 0) / n;
  return {
    step,
    sse,
    penalty: 0.02,
    loss: sse + 0.02,
    approx_loss: world.names ? null : sse * 0.9,
    explained_variance: 1 - sse,
    l0: 0.05 * n * 1.2,
    true_l0: world.true_l0,
    recovery,
    ...literature(cosine.decoder, n, dead),
    scored,
    density: Float32Array.from(featuresPerLatent, (f, i) =>
      dead[i] ? 0 : (0.004 + 0.03 * f) * (0.5 + ((i * 37) % 17) / 17),
    ),
    since_fired: Float32Array.from(dead, (off, i) => (off ? 60_000 + 900 * i : i % 90)),
    dead,
    n_dead: dead.reduce((sum, off) => sum + off, 0),
    features_per_latent: featuresPerLatent,
    latents_per_feature: latentsPerFeature,
    n_polysemantic: featuresPerLatent.filter((f) => f >= 2).length,
    loss_per_feature: lossPerFeature,
    similarity: {
      latents: Uint32Array.from({ length: nLatent }, (_, i) => i),
      decoder: cosine.decoder,
      encoder: cosine.encoder,
      pattern: Uint8Array.from(pattern),
    },
    sources: null,
    absorption: null,
  };
}

/** Uniqueness as it is; upper bounds and guesses that move with the weights in place of matched and counted numbers. */
function literature(cosines: Float32Array, n: number, dead: Uint8Array) {
  const bests = Array.from(dead, (_, i) => {
    const row = cosines.subarray(i * n, (i + 1) * n).map(Math.abs);
    const score = row.reduce((best, value) => Math.max(best, value), 0);
    return { score, feature: row.indexOf(score) };
  });
  const top = bests.map((best) => best.score).sort((a, b) => b - a);
  const matched = top.slice(0, Math.min(n, dead.length));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const f1 = bests.map((best, i) => (dead[i] ? 0 : best.score ** 2));
  return {
    mcc: mean(matched),
    uniqueness: new Set(bests.map((best) => best.feature)).size / dead.length,
    f1: mean(f1),
    f1_alive: mean(f1.filter((_, i) => !dead[i])),
    f1_features: mean(matched.map((score) => score ** 2)),
    precision: mean(f1.map((score) => score ** 0.8)),
    recall: mean(f1.map((score) => score ** 1.2)),
    shrinkage: mean(matched),
    bias: 0.5 + 0.5 * mean(matched),
  };
}

function recover(values: Float32Array, n: number, scored: Uint8Array, threshold: number): Recovery {
  const best = new Float32Array(n);
  const latent = new Uint32Array(n);
  values.forEach((value, at) => {
    if (Math.abs(value) <= best[at % n]) return;
    best[at % n] = Math.abs(value);
    latent[at % n] = Math.floor(at / n);
  });
  const counted = best.filter((_, d) => scored[d] === 1);
  const share = (tau: number) => counted.filter((value) => value > tau).length / Math.max(1, counted.length);
  return {
    mip: counted.reduce((sum, value) => sum + value, 0) / Math.max(1, counted.length),
    mgt: share(threshold),
    curve: Float32Array.from({ length: 101 }, (_, t) => share(t / 100)),
    score: best,
    latent,
  };
}

function makeHistory(config: Config, progress: number, label: RunLabel, metrics: Metrics): History {
  const normal = gaussian(uniform(label === 'A' ? 3 : 4));
  const last = Math.round(progress * config.training.steps);
  const frames = Array.from({ length: 101 }, (_, i) => Math.round((i * last) / 100));
  const batches = Array.from({ length: 801 }, (_, i) => Math.round((i * last) / 800));
  const pace = label === 'A' ? 1 : 1.25;
  const shape = (step: number) => 0.9 * Math.exp((-9 * pace * step) / config.training.steps) + 0.012 / pace;
  const fall = (step: number) => 1 + (metrics.sse - 1) * ((1 - shape(step)) / (1 - shape(Math.max(1, last))));
  const rise = (step: number) => 1 - Math.exp((-4 * pace * step) / config.training.steps);
  const events: RunEvent[] = [0.3, 0.45, 0.6]
    .map((at) => Math.round(at * config.training.steps))
    .filter((step) => step <= last)
    .map((step) => ({ kind: 'resampled', step, latents: Uint32Array.from([1, 2, 3]), on_demand: false }));
  if (last > 0.5 * config.training.steps && label === 'B')
    events.push({ kind: 'changed', step: Math.round(0.5 * config.training.steps), field: 'loss.l1', value: '0.02' });
  return {
    loss: { step: batches, value: batches.map((step) => (fall(step) + 0.02) * Math.exp(0.15 * normal())) },
    metrics: {
      step: frames,
      sse: frames.map(fall),
      explained_variance: frames.map((step) => 1 - fall(step)),
      approx_loss: frames.map((step) => 0.9 * fall(step)),
      l0: frames.map(() => metrics.l0),
      n_dead: frames.map((step) =>
        Math.max(
          0,
          Math.round(
            metrics.n_dead * Math.min(1.6, (3 * step) / config.training.steps) -
              3 * events.filter((e) => e.step < step && e.step > step - 900).length,
          ),
        ),
      ),
      n_polysemantic: frames.map(() => metrics.n_polysemantic),
      mip: frames.map((step) => 0.35 + (metrics.recovery.decoder_cosine.mip - 0.35) * rise(step)),
      mgt: frames.map((step) => metrics.recovery.decoder_cosine.mgt * rise(step) ** 2),
    },
    events,
  };
}

function makeConfig(shape: Shape, anchors: number, seed: number): Config {
  const plain = defaultConfig();
  return {
    ...plain,
    seed,
    source: shape.names ? 'activations' : 'bench',
    bench: { ...plain.bench, n_features: shape.n_features, n_input: shape.n_input, max_interference: 0.1 },
    model: {
      ...plain.model,
      n_latent: shape.n_latent,
      activation: 'relu',
      b_enc: true,
      b_dec: true,
      shift_input: true,
    },
    loss: { ...plain.loss, l1: 0.05 },
    anchors: { count: anchors, coefficient: anchors ? 0.1 : 0 },
    dead: { ...plain.dead, window: 50_000, treatment: 'resample', resample_every: 3000, resample_until: 10_000 },
    scoring: { threshold: 0.95, hold_out: shape.anchors ?? 0, rows: 2048 },
  };
}

function gaussian(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function unit(values: number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function dot(a: Float32Array, i: number, b: Float32Array, j: number, dimension: number): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) sum += a[i * dimension + k] * b[j * dimension + k];
  return sum;
}
