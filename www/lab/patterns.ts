/** Put features into latents: is the pattern realizable, and what is true at the points that the theorem puts there? */
import { html, nothing, render } from 'lit';
import { adoptStyles } from '../views/style';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';
import type { At, Kind, MadeWorld, Pattern, PatternReport, Sigma, World } from './theorems/answers';
import { grid } from './theorems/grid';
import { plane, planeKeys } from './theorems/plane';
import { places, SizedFigure } from './theorems/sized';
import css from './theorems/theorems.css?inline';
import { number, set } from './theorems/words';

interface Start {
  name: string;
  kind: Kind;
  sigma: Sigma;
  mass: number[];
  pattern: Pattern;
}

/** The first is Example 3.3 of the paper. */
const STARTS: readonly Start[] = [
  {
    name: 'Example 3.3',
    kind: { orthonormal: { n: 2 } },
    sigma: { top_k: 1 },
    mass: [1, 1],
    pattern: [[0, 1], []],
  },
  {
    name: 'Where v2 holds and v3 does not',
    kind: { fan: { n: 3, degrees: 40 } },
    sigma: { top_k: 1 },
    mass: [1, 2, 0.5],
    pattern: [[0, 1], [2]],
  },
  {
    name: 'No stationary point',
    kind: { orthonormal: { n: 3 } },
    sigma: 'relu',
    mass: [1, 2, 0.5],
    pattern: [[0, 1], [2]],
  },
  {
    name: 'Not realizable',
    kind: { fan: { n: 5, degrees: 72 } },
    sigma: 'relu',
    mass: [1, 1, 1, 1, 1],
    pattern: [[0, 2], [1], [3, 4]],
  },
];

const SIGMAS: readonly [string, string, Sigma][] = [
  ['relu', 'ReLU', 'relu'],
  ['top1', 'Top-1', { top_k: 1 }],
  ['top2', 'Top-2', { top_k: 2 }],
  ['jump', 'JumpReLU, θ = 0.3', { jump_relu: 0.3 }],
];

/** Numbers a visitor may set, for each kind of world. */
const KNOBS = {
  orthonormal: [['n', 'features', 1, 10, 1]],
  fan: [
    ['n', 'features', 1, 10, 1],
    ['degrees', 'degrees apart', 1, 180, 1],
  ],
  random: [
    ['n', 'features', 1, 10, 1],
    ['width', 'dimensions', 1, 10, 1],
    ['interference', 'M, at most', -0.5, 1, 0.05],
    ['seed', 'seed', 0, 9999, 1],
  ],
} as const;

type KindName = keyof typeof KNOBS;

export const open: RoomModule['open'] = (at, { pool }) => {
  adoptStyles(at, css);
  let state: Start = structuredClone(STARTS[0]);
  let world: World | undefined;
  let report: PatternReport | undefined;
  let asked = 0;
  render(
    html`<div data-at="controls"></div>
      <div class="cards">
        <div><div class="scroll" data-at="grid"></div><div data-at="verdict"></div><div data-at="plane"></div></div>
        <div data-at="points"></div>
      </div>`,
    at,
  );
  const where = places(at, 'controls', 'grid', 'verdict', 'plane', 'points');
  const picture = new SizedFigure(where.plane);

  const values = (): Record<string, number> => Object.values(state.kind)[0];
  const kindName = () => Object.keys(state.kind)[0] as KindName;
  const features = () => state.mass.map((_, d) => `w${d + 1}`);

  /** Masses and pattern follow the number of features. */
  function sized(next: Start): Start {
    const n = (Object.values(next.kind)[0] as { n: number }).n;
    const mass = Array.from({ length: n }, (_, d) => next.mass[d] ?? 1);
    return { ...next, mass, pattern: next.pattern.map((of) => of.filter((d) => d < n)) };
  }

  async function change(next: Partial<Start>): Promise<void> {
    state = sized({ ...state, ...next });
    const mine = ++asked;
    draw();
    try {
      const { kind, sigma, mass, pattern } = state;
      const made = await pool.ask<MadeWorld>({ ask: 'world', world: kind, sigma, mass });
      const answer = await pool.ask<PatternReport>({ ask: 'pattern', world: made.world, pattern, names: features() });
      if (mine !== asked) return;
      world = made.world;
      report = answer;
      draw();
    } catch (error) {
      if (mine === asked && !(error instanceof Cancelled))
        render(html`<p class="verdict" data-is="no" role="status">${(error as Error).message}</p>`, where.verdict);
    }
  }

  function draw(): void {
    render(controls(), where.controls);
    const { pattern, mass } = state;
    render(grid({ pattern, mass, features: features(), toggle, weigh }), where.grid);
    if (!report || !world) return;
    render(verdict(report), where.verdict);
    render(points(report), where.points);
    const shown = report.refined ?? report.least_squares;
    const flat = world.directions_in[0].length === 2;
    where.plane.hidden = !flat;
    if (!flat) return;
    const arrows = (shown?.point.encoder ?? []).flatMap((row, i) => [
      { to: row, kind: 'encoder' as const, name: `encoder row of latent ${i + 1}` },
      { to: shown?.point.decoder[i] ?? [0, 0], kind: 'decoder' as const, name: `decoder column of latent ${i + 1}` },
    ]);
    const { directions_in } = world;
    picture.show({
      title: 'Where do the latents point?',
      finding: shown
        ? `The ${report.refined ? 'refined' : 'least-squares'} point, in the plane.`
        : 'No encoder to show.',
      keys: planeKeys,
      draw: (width) => plane({ features: directions_in, arrows, label: 'Features and latents in the plane' }, width),
    });
  }

  function toggle(latent: number, feature: number): void {
    const pattern = state.pattern.map((of, i) => {
      if (i !== latent) return of;
      return of.includes(feature) ? of.filter((d) => d !== feature) : [...of, feature].sort((a, b) => a - b);
    });
    change({ pattern });
  }

  function weigh(feature: number, m: number): void {
    change({ mass: state.mass.map((old, d) => (d === feature ? m : old)) });
  }

  function latents(n: number): void {
    change({ pattern: Array.from({ length: Math.max(1, Math.min(8, n)) }, (_, i) => state.pattern[i] ?? []) });
  }

  function kindOf(name: string): Kind {
    const n = state.mass.length;
    if (name === 'fan') return { fan: { n, degrees: Math.round(360 / Math.max(n, 2)) } };
    if (name === 'random') return { random: { n, width: Math.max(2, n - 1), interference: 0.3, seed: 1 } };
    return { orthonormal: { n } };
  }

  function controls(): unknown {
    const knob = ([key, name, low, high, step]: (typeof KNOBS)[KindName][number]) => html`<label>${name}
      <input type="number" min=${low} max=${high} step=${step} .value=${String(values()[key])}
        @change=${(event: Event) => {
          const value = Math.min(high, Math.max(low, Number((event.target as HTMLInputElement).value)));
          change({ kind: { [kindName()]: { ...values(), [key]: value } } as unknown as Kind });
        }} /></label>`;
    const picked = JSON.stringify(state.sigma);
    return html`
      <div class="row" role="group" aria-label="Start from">
        ${STARTS.map((s) => html`<button type="button" @click=${() => change(structuredClone(s))}>${s.name}</button>`)}
      </div>
      <div class="row">
        <label>World
          <select @change=${(event: Event) => change({ kind: kindOf((event.target as HTMLSelectElement).value) })}>
            ${[
              ['orthonormal', 'orthonormal'],
              ['fan', 'in the plane'],
              ['random', 'random, with interference'],
            ].map(([id, name]) => html`<option value=${id} ?selected=${id === kindName()}>${name}</option>`)}
          </select></label>
        ${KNOBS[kindName()].map(knob)}
        <label>σ
          <select @change=${(event: Event) => change({ sigma: SIGMAS[(event.target as HTMLSelectElement).selectedIndex][2] })}>
            ${SIGMAS.map(([id, name, sigma]) => html`<option value=${id} ?selected=${JSON.stringify(sigma) === picked}>${name}</option>`)}
          </select></label>
        <label>latents
          <input type="number" min="1" max="8" .value=${String(state.pattern.length)}
            @change=${(event: Event) => latents(Number((event.target as HTMLInputElement).value))} /></label>
      </div>`;
  }

  change({});
  return () => {
    asked++;
    picture.end();
  };
};

function verdict({ answer, is_partition, is_polysemantic, unheard }: PatternReport): unknown {
  if (!answer.realizable) {
    return html`<div class="verdict" data-is="no" role="status">
      <strong>Not realizable.</strong> ${answer.reasons.map((reason) => html`<p>${reason.words}</p>`)}
    </div>`;
  }
  const touching = answer.touching.map(([i, d]) => `w${d + 1} in latent ${i + 1}`).join(', ');
  return html`<div class="verdict" data-is="yes" role="status">
    <strong>Realizable</strong>${touching ? `, with no room to spare: at the threshold stands ${touching}` : ''}.
    ${is_polysemantic ? 'Polysemantic: some latent answers to two features or more. ' : 'Monosemantic. '}
    ${is_partition ? '' : 'Not a partition: some feature fires two latents. '}
    ${unheard.length > 0 ? `No latent answers to ${set(unheard)}. ` : ''}
  </div>`;
}

const STATEMENTS = {
  neither: 'neither',
  v2: 'v2 only: nothing to gain in the decoder, but the encoder still has a slope',
  v3: 'v2 and v3: both gradients vanish',
} as const;

function points({ least_squares, refined, no_refined }: PatternReport): unknown {
  if (!least_squares) return html`<p class="verdict">Without an encoder there is no point to look at.</p>`;
  const row = (name: unknown, of: (at: At) => unknown) =>
    html`<tr><th scope="row">${name}</th><td>${of(least_squares)}</td><td>${refined ? of(refined) : '–'}</td></tr>`;
  return html`<table class="points">
      <thead><tr><td></td><th scope="col">least-squares point</th><th scope="col">refined point</th></tr></thead>
      <tbody>
        ${row('L̃', (at) => number(at.loss))}
        ${row('‖∇L̃‖ in W_D', (at) => number(at.gradient_decoder))}
        ${row('‖∇L̃‖ in W_E', (at) => number(at.gradient_encoder))}
        ${row('least eigenvalue of the Hessian in W_D', (at) => number(at.hessian_decoder))}
        ${row('… in all weights', (at) => (at.hessian_joint === null ? 'not computed' : number(at.hessian_joint)))}
        ${row('pattern survives', (at) => (at.survives ? 'yes' : 'no'))}
        ${row('published statement that holds', (at) => STATEMENTS[at.statement])}
      </tbody>
    </table>
    ${no_refined ? html`<p class="verdict" data-is="no">${no_refined}</p>` : nothing}
    ${refined ? weights('refined', refined) : weights('least-squares', least_squares)}
    <p class="about">
      Theorem 3.5 (v3: 3.6). The least-squares point takes an encoder with the pattern and the best decoder for it: that
      is v2's statement. v3 adds a zero gradient in W_E, which asks that the products z and the decoder solve a rank-one
      problem: the refined point. Below zero in all weights means a saddle: no step in one block goes down, a step in
      both does.
    </p>`;
}

function weights(name: string, { point }: At): unknown {
  const rows = point.encoder.map(
    (row, i) => html`<tr><th scope="row">latent ${i + 1}</th>
      <td>${row.map((w) => w.toFixed(3)).join('  ')}</td><td>${point.decoder[i].map((w) => w.toFixed(3)).join('  ')}</td></tr>`,
  );
  return html`<details class="weights"><summary>Weights of the ${name} point</summary>
    <table><thead><tr><td></td><th>row of W_E</th><th>column of W_D</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}
