/** Absorption built by hand (Theorem 3.8), on the paper's example: a latent for dogs loses one breed to a latent of its own. */
import { html, nothing, render } from 'lit';
import { adoptStyles } from '../views/style';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';
import type { Absorption, Stage } from './theorems/answers';
import { places } from './theorems/sized';
import css from './theorems/theorems.css?inline';
import { number, patternText, set } from './theorems/words';

const NAMES = ['Border Collie', 'Golden Retriever', 'Husky', 'German Shepherd', 'Cat', 'Horse', 'Elephant'];
const BREEDS = [0, 1, 2, 3];
/** Latent 1 answers to dogs, 2 to 4 to the others, 5 to nothing yet. */
const PARENT = 0;
const IDLE = 4;
const LATENTS = ['Dog', 'Cat', 'Horse', 'Elephant', 'idle'];

/**
 * [7][8]: a breed is √s of what all dogs share and √(1−s) of its own, so that two breeds have product s; the others have
 * an axis each. All unit.
 */
function directions(shared: number): number[][] {
  return NAMES.map((_, d) => {
    const row = new Array(8).fill(0);
    if (d < 4) row[7] = Math.sqrt(shared);
    row[d] = d < 4 ? Math.sqrt(1 - shared) : 1;
    return row;
  });
}

export const open: RoomModule['open'] = (at, { pool }) => {
  adoptStyles(at, css);
  let child = 3;
  let shared = 0.5;
  let threshold = 0;
  let asked = 0;
  render(html`<div data-at="controls"></div><div data-at="story"></div>`, at);
  const where = places(at, 'controls', 'story');

  async function ask(): Promise<void> {
    const mine = ++asked;
    render(controls(), where.controls);
    const axes = directions(shared);
    const world = {
      directions_in: axes,
      directions_out: axes,
      mass: NAMES.map(() => 1),
      sigma: threshold > 0 ? { jump_relu: threshold } : 'relu',
    };
    const pattern = [BREEDS, [4], [5], [6], []];
    try {
      const question = { ask: 'absorption', world, pattern, parent: PARENT, child, idle: IDLE, names: NAMES };
      const answer = await pool.ask<Absorption>(question);
      if (mine === asked) render(story(answer), where.story);
    } catch (error) {
      if (mine === asked && !(error instanceof Cancelled))
        render(html`<p class="verdict" data-is="no" role="status">${(error as Error).message}</p>`, where.story);
    }
  }

  function controls(): unknown {
    return html`<div class="row" role="group" aria-label="Breed that is absorbed">
        Absorb
        ${BREEDS.map(
          (d) =>
            html`<button type="button" aria-pressed=${d === child} @click=${() => {
              child = d;
              ask();
            }}>${NAMES[d]}</button>`,
        )}
      </div>
      <div class="row">
        <label>product of two breeds, M
          <input type="range" min="0" max="0.9" step="0.05" .value=${String(shared)} @input=${(event: Event) => {
            shared = Number((event.target as HTMLInputElement).value);
            ask();
          }} /> ${shared.toFixed(2)}</label>
        <label>threshold c before
          <input type="range" min="0" max="0.5" step="0.05" .value=${String(threshold)} @input=${(event: Event) => {
            threshold = Number((event.target as HTMLInputElement).value);
            ask();
          }} /> ${threshold.toFixed(2)}</label>
      </div>`;
  }

  function story({ reason, made }: Absorption): unknown {
    if (!made) return html`<p class="verdict" data-is="no" role="status">${reason?.words ?? nothing}</p>`;
    const name = NAMES[child];
    return html`
      <p class="verdict" data-is=${made.as_stated ? 'yes' : 'no'} role="status">
        Every dog fired latent 1. Now ${name} fires latent 5 alone and latent 1 is silent for it:
        ${made.as_stated ? 'the pattern that Theorem 3.8 states' : 'not the pattern that Theorem 3.8 states'},
        ${patternText(made.after.pattern, NAMES)}. A reader of latent 1 would say “dog, but no ${name}”.
      </p>
      <div class="cards">
        ${heat('Before', made.before, child, LATENTS)}
        ${heat('After', made.after, child, [...LATENTS.slice(0, IDLE), 'new'])}
      </div>
      <dl class="facts">
        <dt>a_min, the product of Dog’s row with ${name}</dt><dd>${number(made.a_min)}</dd>
        <dt>λ = (c + a_min) / 2a_min, by which Dog’s row shrinks</dt><dd>${number(made.lambda)}</dd>
        <dt>c″, the threshold after, above (c + a_min) / 2 = ${number((made.c + made.a_min) / 2)}</dt><dd>${number(made.c_after)}</dd>
        <dt>α = 2c″ / (1 + M), the length of ${name}’s new row</dt><dd>${number(made.alpha)}</dd>
        <dt>L̃ with the best decoder, before and after</dt><dd>${number(made.before.at.loss)} and ${number(made.after.at.loss)}</dd>
        <dt>‖∇L̃‖ in W_D, after</dt><dd>${number(made.after.at.gradient_decoder)}</dd>
        <dt>‖∇L̃‖ in W_E, after</dt><dd>${number(made.after.at.gradient_encoder)}</dd>
      </dl>
      <p class="about">
        Theorem 3.8 makes the absorption pattern realizable from any realizable parent pattern; by Theorem 3.5 its
        least-squares point has nothing to gain in the decoder although L̃ stays above zero. Here the row of Dog is one in
        which the chosen breed is the weakest; if there is none, the reason is shown.
      </p>`;
  }

  ask();
  return () => {
    asked++;
  };
};

/** Products of every row with every feature; what passes the threshold is bold on a raised ground. */
function heat(title: string, stage: Stage, child: number, latents: readonly string[]): unknown {
  const cell = (i: number, d: number) => {
    const fires = stage.pattern[i].includes(d);
    const moved = title === 'After' && d === child && (i === PARENT || i === IDLE);
    const is = moved ? (i === IDLE ? 'taken' : 'lost') : 'plain';
    return html`<td ?data-fires=${fires} data-is=${is} title="latent ${i + 1}, ${NAMES[d]}: ${fires ? 'fires' : 'silent'}">
      ${number(Math.abs(stage.products[i][d]) < 1e-9 ? 0 : stage.products[i][d])}${fires ? ' ●' : ''}</td>`;
  };
  return html`<figure class="lab-figure">
    <h3>${title}: ${set(stage.pattern[PARENT], NAMES)} fire Dog</h3>
    <p class="finding">Products ⟨w_E, w_p⟩; those above the threshold ${number(stage.threshold)} fire (●). The first four are dogs.</p>
    <div class="scroll" tabindex="0" role="group" aria-label="Products ${title.toLowerCase()}"><table class="heat">
      <thead><tr><td></td>${latents.map((name, i) => html`<th scope="col">${i + 1} ${name}</th>`)}</tr></thead>
      <tbody>${NAMES.map(
        (name, d) => html`<tr><th scope="row">${name}</th>${latents.map((_, i) => cell(i, d))}</tr>`,
      )}</tbody>
    </table></div>
  </figure>`;
}
