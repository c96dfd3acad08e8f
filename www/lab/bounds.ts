/** Two bounds of the paper beside what they bound: the planted solution over M, and the loss at extreme sparsity over S. */
import { html, render } from 'lit';
import type { BoundAt, BoundReport } from '../views/bound';
import { adoptStyles } from '../views/style';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';
import type { MadeWorld, Planted, World } from './theorems/answers';
import { type Curve, chart, sample } from './theorems/chart';
import { places, SizedFigure } from './theorems/sized';
import css from './theorems/theorems.css?inline';
import { number } from './theorems/words';

/** Targets of M that worlds are made for. */
const TARGETS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** 1 − S, from a quarter down to a hundred-thousandth. */
const SILENCES = Array.from({ length: 45 }, (_, i) => 0.25 * 10 ** (-i / 10));

export const open: RoomModule['open'] = (at, { pool }) => {
  adoptStyles(at, css);
  const size = { n: 24, width: 16 };
  let topOne = false;
  let asked = 0;
  render(
    html`<div data-at="controls"></div><div class="cards"><div data-at="planted"></div><div data-at="extreme"></div></div>`,
    at,
  );
  const where = places(at, 'controls', 'planted', 'extreme');
  const planted = new SizedFigure(where.planted);
  const extreme = new SizedFigure(where.extreme);

  async function ask(): Promise<void> {
    const mine = ++asked;
    render(controls(), where.controls);
    const sigma = topOne ? { top_k: 1 } : 'relu';
    try {
      const of = async (interference: number) => {
        const kind = { random: { ...size, interference, seed: 1 } };
        const { world } = await pool.ask<MadeWorld>({ ask: 'world', world: kind, sigma });
        return { world, report: await pool.ask<Planted>({ ask: 'planted', world, n_latent: size.n }) };
      };
      const found = await Promise.all(TARGETS.map(of));
      if (mine !== asked) return;
      showPlanted(found.map((f) => f.report).sort((a, b) => a.interference - b.interference));
      const typical = found[TARGETS.indexOf(0.3)].world;
      const report = await pool.ask<BoundReport>(extremeOf(typical));
      if (mine === asked) showExtreme(report);
    } catch (error) {
      if (mine === asked && !(error instanceof Cancelled))
        render(html`<p class="verdict" data-is="no" role="status">${(error as Error).message}</p>`, where.controls);
    }
  }

  /** The planted weights of a world as a run of the bench has it: the same size, M and seed. */
  function extremeOf(world: World): object {
    const flat = world.directions_in.flat();
    return {
      ask: 'extreme',
      config: {
        seed: 1,
        bench: {
          n_features: size.n,
          n_input: size.width,
          interference: 'bounded',
          max_interference: 0.3,
          sparsity: 0.99,
        },
        model: { n_latent: size.n, activation: topOne ? 'top_k' : 'relu', k: 1, b_enc: false, b_dec: false },
        anchors: { count: 0 },
        scoring: { hold_out: 0 },
      },
      weights: { encoder: flat, decoder: flat },
      sparsities: SILENCES.map((silent) => 1 - silent),
    };
  }

  function showPlanted(all: Planted[]): void {
    const drawn = all.filter((p) => p.interference > 0);
    const low = 1e-4;
    const curve = (name: string, hue: string, dash: string, of: (p: Planted) => number): Curve => ({
      name,
      hue,
      dash,
      points: drawn.map((p) => [p.interference, of(p)] as const),
    });
    const curves = [
      curve('L̃ of the planted solution', 'var(--sdl-a)', 'none', (p) => p.loss),
      curve('M² Σ M_d (K_d − 1)²', 'var(--sdl-b)', '8 4', (p) => p.bound),
      curve('n² M² Σ M_d', 'var(--sdl-ink)', '2 3', (p) => p.loose_bound),
    ];
    const middle = drawn[Math.floor(drawn.length / 2)];
    const mean = middle.latents_per_feature.reduce((a, b) => a + b, 0) / size.n;
    planted.show({
      title: 'How far from zero is the planted solution?',
      finding: `At M = ${number(middle.interference)}: L̃ = ${number(middle.loss)}, bounds ${number(middle.bound)} and ${number(middle.loose_bound)}; a feature fires K_d = ${number(mean)} latents on average.`,
      keys: curves.map((c) => ({ name: c.name, mark: sample(c) })),
      caption: `Theorem 3.2: W_E = [W_pᵀ; 0], W_D = [W_r, 0]. A world of ${size.n} features in ${size.width} dimensions for each M, M_d = 1. ${
        topOne
          ? 'With Top-1 only the feature’s own latent fires, so L̃ = 0 whatever M is (drawn at the lower edge).'
          : 'With ReLU every feature also fires the latents of those it points along with.'
      }`,
      draw: (width) =>
        chart(
          {
            label: 'Loss and bounds of the planted solution over M',
            x: { name: 'M, the largest product of two directions', low: 0, high: 1 },
            y: { name: 'L̃ and its bounds', low, high: 2e4, log: true },
            curves,
          },
          width,
        ),
    });
  }

  function showExtreme(report: BoundReport): void {
    const at = report.curve.filter((c) => c.approx !== null && c.bound !== null);
    const line = (name: string, hue: string, dash: string, of: (c: BoundAt) => number): Curve => ({
      name,
      hue,
      dash,
      points: at.map((c) => [1 - c.sparsity, of(c)] as const),
    });
    const curves: Curve[] = [
      {
        ...line('L_SDL, with 95 % interval', 'var(--sdl-a)', 'none', (c) => c.loss),
        error: at.map((c) => c.loss_error),
      },
      line('L̃', 'var(--sdl-b)', '8 4', (c) => c.approx as number),
      line('bound n² C (1−S)² on their difference', 'var(--sdl-ink)', '2 3', (c) => c.bound as number),
    ];
    const from = report.informative_above;
    const dense = at[0];
    extreme.show({
      title: 'Where does L̃ stand for the loss?',
      finding:
        (from === null
          ? 'The bound says something at no S shown here. '
          : `The bound is below L̃, and so says something, where 1−S < ${number(1 - from)} (1/n is ${number(1 / size.n)}). `) +
        `At S = ${number(dense.sparsity)}, L_SDL is ${number(dense.loss)} and L̃ ${number(dense.approx as number)}.`,
      keys: curves.map((c) => ({ name: c.name, mark: sample(c) })),
      caption: `Theorem 3.1, for the planted weights at M = 0.3. L_SDL from ${report.samples.toLocaleString('en')} samples, by the number of active features (up to ${report.most_active}); L̃ is exact. C is the largest squared error drawn with as many features active as 100,000 samples would show: sizes have no upper limit, so the supremum itself is infinite.`,
      draw: (width) =>
        chart(
          {
            label: 'Loss, its approximation and the bound over 1 − S',
            x: {
              name: '1 − S, the chance that a feature fires',
              low: SILENCES[SILENCES.length - 1],
              high: SILENCES[0],
              log: true,
            },
            y: { name: 'loss', low: 1e-7, high: 1e6, log: true },
            curves,
            rules: [
              { at: 1 / size.n, name: '1/n' },
              ...(from === null ? [] : [{ at: 1 - from, name: '← informative' }]),
            ],
          },
          width,
        ),
    });
  }

  function controls(): unknown {
    const field = (key: keyof typeof size, name: string) => html`<label>${name}
      <input type="number" min="2" max="48" .value=${String(size[key])} @change=${(event: Event) => {
        size[key] = Math.max(2, Math.min(48, Math.round(Number((event.target as HTMLInputElement).value))));
        ask();
      }} /></label>`;
    return html`<div class="row">
      ${field('n', 'features')} ${field('width', 'dimensions')}
      <label>σ <select @change=${(event: Event) => {
        topOne = (event.target as HTMLSelectElement).selectedIndex === 1;
        ask();
      }}><option>ReLU</option><option ?selected=${topOne}>Top-1</option></select></label>
    </div>`;
  }

  ask();
  return () => {
    asked++;
    planted.end();
    extreme.end();
  };
};
