/** Zero loss without recovery: the split basis, and where training ends, seed by seed. */
import { html, render } from 'lit';
import { adoptStyles } from '../views/style';
import type { Share } from './answers';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';
import type { End, MadeWorld, World } from './theorems/answers';
import { plane, planeKeys } from './theorems/plane';
import { places, SizedFigure } from './theorems/sized';
import css from './theorems/theorems.css?inline';
import { number, shareText } from './theorems/words';

const SEEDS = 64;
/** Seeds of one question: what a worker does between two signs of progress. */
const PART = 4;
/** Words and signs of the three ends, which differ by sign as well as by name. */
const ENDS = [
  { sign: '○', name: 'zero loss, some feature missed', is: (e: End, n: number) => e.is_zero && e.recovered < n },
  { sign: '●', name: 'zero loss, every feature found', is: (e: End, n: number) => e.is_zero && e.recovered === n },
  { sign: '×', name: 'loss above zero', is: (e: End) => !e.is_zero },
] as const;
/** What is counted: the ends, and of the first those that found nothing. */
const COUNTED = [
  ...ENDS,
  { sign: '', name: 'of those marked ○, no feature found', is: (e: End) => e.is_zero && e.recovered === 0 },
] as const;

export const open: RoomModule['open'] = (at, { pool }) => {
  adoptStyles(at, css);
  let latents = 4;
  let degrees = 90;
  let world: World | undefined;
  let split: End | undefined;
  let ends: End[] = [];
  /** Of `COUNTED`, once training has ended or was stopped. */
  let shares: Share[] = [];
  let chosen = 0;
  let running = false;
  let entered = 0;
  render(
    html`<div data-at="controls"></div>
      <div class="cards"><div data-at="split"></div><div><div data-at="trained"></div><div data-at="ends"></div></div></div>`,
    at,
  );
  const where = places(at, 'controls', 'split', 'trained', 'ends');
  const pictures = { split: new SizedFigure(where.split), trained: new SizedFigure(where.trained) };

  async function change(): Promise<void> {
    const mine = ++entered;
    pool.cancel();
    ends = [];
    chosen = 0;
    running = false;
    draw();
    try {
      const made = await pool.ask<MadeWorld>({ ask: 'world', world: { fan: { n: 4, degrees } }, sigma: 'relu' });
      const found = await pool.ask<End>({ ask: 'split_basis', world: made.world, seed: 0 });
      if (mine !== entered) return;
      world = made.world;
      split = found;
      draw();
      await train();
    } catch (error) {
      failed(error, mine);
    }
  }

  async function train(): Promise<void> {
    const mine = ++entered;
    ends = [];
    shares = [];
    running = true;
    draw();
    const training = { n_latent: latents, steps: 4000, learning_rate: 0.02 };
    const part = async (first_seed: number) => {
      const done = await pool.ask<End[]>({
        ask: 'zero_loss',
        world,
        training: { ...training, first_seed, seeds: PART },
      });
      if (mine !== entered) return;
      ends = [...ends, ...done].sort((a, b) => a.seed - b.seed);
      draw();
    };
    try {
      await Promise.all(Array.from({ length: SEEDS / PART }, (_, i) => part(i * PART)));
      if (mine !== entered) return;
      running = false;
      await count(mine);
    } catch (error) {
      failed(error, mine);
    }
  }

  async function count(mine: number): Promise<void> {
    draw();
    const n = world?.mass.length ?? 0;
    const counts = COUNTED.map((kind) => [ends.filter((end) => kind.is(end, n)).length, ends.length]);
    const found = await pool.ask<Share[]>({ ask: 'shares', counts });
    if (mine !== entered) return;
    shares = found;
    draw();
  }

  function failed(error: unknown, mine: number): void {
    if (mine !== entered) return;
    running = false;
    draw();
    if (!(error instanceof Cancelled))
      render(html`<p class="verdict" data-is="no" role="status">${(error as Error).message}</p>`, where.ends);
  }

  function draw(): void {
    render(controls(), where.controls);
    if (!world || !split) return;
    const n = world.mass.length;
    show(pictures.split, 'A basis that knows no feature', split, `The split basis [U; −U] with ReLU: ${told(split)}`);
    const end = ends[chosen];
    if (end) show(pictures.trained, `Trained: the end of seed ${end.seed}`, end, told(end));
    render(list(n), where.ends);
  }

  function told(end: End): string {
    const n = end.decoder_cosine.length;
    const cosine = Math.max(...end.decoder_cosine).toFixed(2);
    return `L̃ = ${number(end.loss)}, and ${end.recovered} of ${n} features recovered (cosine above 0.95); the best cosine of a decoder column is ${cosine}.`;
  }

  function show(picture: SizedFigure, title: string, end: End, finding: string): void {
    const features = (world as World).directions_in;
    // Only directions matter here: a latent's scale can move between its two.
    const arrows = end.point.encoder.flatMap((row, i) => [
      { to: unit(row), kind: 'encoder' as const, name: `encoder row of latent ${i + 1}` },
      { to: unit(end.point.decoder[i], 0.8), kind: 'decoder' as const, name: `decoder column of latent ${i + 1}` },
    ]);
    picture.show({
      title,
      finding,
      keys: planeKeys,
      caption: 'Directions only: encoder rows are drawn with length 1, decoder columns with 0.8.',
      draw: (width) => plane({ features, arrows, label: `${title}. ${finding}` }, width),
    });
  }

  function list(n: number): unknown {
    if (ends.length === 0) return html`<p class="about">Training…</p>`;
    const sign = (end: End) => ENDS.find((kind) => kind.is(end, n)) ?? ENDS[2];
    return html`
      <dl class="facts">
        ${COUNTED.map(
          (kind, at) => html`<dt>${kind.sign} ${kind.name}</dt>
          <dd>${shareText(shares[at]) ?? `${ends.filter((end) => kind.is(end, n)).length} of ${ends.length}`}</dd>`,
        )}
      </dl>
      <div class="ends" role="group" aria-label="Ends by seed">
        ${ends.map(
          (end, i) => html`<button type="button" aria-current=${i === chosen ? 'true' : 'false'}
            title="seed ${end.seed}: ${sign(end).name}, L̃ = ${number(end.loss)}"
            aria-label="seed ${end.seed}: ${sign(end).name}"
            @click=${() => pick(i)}>${sign(end).sign}</button>`,
        )}
      </div>
      <p class="about" role="status">${running ? `${ends.length} of ${SEEDS} seeds done…` : `Adam on L̃, 4,000 steps, ${SEEDS} seeds. Choose one to see its end.`}</p>`;
  }

  function pick(i: number): void {
    chosen = i;
    draw();
  }

  function controls(): unknown {
    return html`<div class="row">
        <label>latents
          <input type="number" min="4" max="12" .value=${String(latents)} @change=${(event: Event) => {
            latents = Math.max(4, Math.min(12, Number((event.target as HTMLInputElement).value)));
            change();
          }} /></label>
        <label>degrees between features
          <input type="number" min="10" max="90" .value=${String(degrees)} @change=${(event: Event) => {
            degrees = Math.max(10, Math.min(90, Number((event.target as HTMLInputElement).value)));
            change();
          }} /></label>
        <button type="button" ?disabled=${!running} @click=${() => {
          const mine = ++entered;
          pool.cancel();
          running = false;
          count(mine).catch((error) => failed(error, mine));
        }}>Stop</button>
      </div>
      <p class="about">
        L̃ = 0 asks W_D σ(W_E w) = w for every feature w and nothing more (v3, Theorems 3.3 and 3.4, Figure 4). Four features
        in the plane, at least as many latents: σ(z) − σ(−z) = z gives every input back, whatever the basis.
      </p>`;
  }

  change();
  return () => {
    entered++;
    pool.cancel();
    pictures.split.end();
    pictures.trained.end();
  };
};

function unit(v: readonly number[], length = 1): number[] {
  const size = Math.hypot(...v);
  return size < 1e-3 ? [0, 0] : v.map((x) => (length * x) / size);
}
