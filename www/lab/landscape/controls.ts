/** The room's controls: the world, what is switched on, the start, and the clock. */
import { html, nothing, type TemplateResult } from 'lit';
import { METHODS, type Method } from './engine';
import { DEFAULT, RANGES, SCENES, STEPS, type State } from './state';
import { NAMES, SHORT } from './words';

export interface Actions {
  change(change: Partial<State>): void;
  /** Another scene: everything else goes back to its default. */
  visit(scene: Partial<State>): void;
  play(): void;
}

type Numeric = keyof typeof RANGES;

export function worldControls(state: State, { change, visit }: Actions): TemplateResult {
  const slider = sliders(state, change);
  const scene = SCENES.find(({ change }) => {
    const wanted = { ...DEFAULT, ...change };
    return (Object.keys(wanted) as (keyof State)[]).every((name) => LOOSE.has(name) || wanted[name] === state[name]);
  });
  const pick = (event: Event) => visit(SCENES[Number((event.target as HTMLSelectElement).value)].change);
  const sigma = (event: Event) => change({ sigma: (event.target as HTMLSelectElement).value as State['sigma'] });
  return html`
    <div class="row">
      <label>Scene
        <select name="scene" @change=${pick}>
          ${scene ? nothing : html`<option value="" selected disabled>of your own</option>`}
          ${SCENES.map((one, ix) => html`<option value=${ix} ?selected=${one === scene}>${one.title}</option>`)}
        </select>
      </label>
      <label>σ
        <select name="sigma" @change=${sigma}>
          ${(['relu', 'top1', 'jump'] as const).map(
            (id) => html`<option value=${id} ?selected=${id === state.sigma}>${SIGMAS[id]}</option>`,
          )}
        </select>
      </label>
      ${state.sigma === 'jump' ? slider('threshold', 'threshold θ', '') : nothing}
      ${state.sigma === 'relu' ? nothing : slider('ratio', 'length of row 2 ÷ row 1', '')}
    </div>
    <div class="row">
      ${slider('f1', 'feature 1', '°')} ${slider('f2', 'feature 2', '°')}
      ${slider('m1', 'M₁', '')} ${slider('m2', 'M₂', '')}
      <span class="aside">interference ${interference(state)}</span>
    </div>
  `;
}

export function treatmentControls(state: State, { change }: Actions): TemplateResult {
  const slider = sliders(state, change);
  const count = (event: Event) => change({ anchors: Number((event.target as HTMLSelectElement).value) });
  const resample = (event: Event) => change({ resample: (event.target as HTMLInputElement).checked ? 100 : 0 });
  const decoder = (event: Event) => change({ decoder: (event.target as HTMLSelectElement).value as State['decoder'] });
  return html`
    <div class="row">
      <label><input type="checkbox" name="resample" .checked=${state.resample > 0} @change=${resample} /> resample dead latents</label>
      ${state.resample > 0 ? slider('resample', 'every', ' steps', 50) : nothing}
      <label>anchor
        <select name="anchors" @change=${count}>
          ${['nothing', 'feature 1', 'both features'].map(
            (text, ix) => html`<option value=${ix} ?selected=${ix === state.anchors}>${text}</option>`,
          )}
        </select>
      </label>
      ${state.anchors > 0 ? slider('weight', 'λₐ', '') : nothing}
      <label>decoder starts
        <select name="decoder" @change=${decoder}>
          <option value="tied" ?selected=${state.decoder === 'tied'}>as the encoder’s transpose</option>
          <option value="best" ?selected=${state.decoder === 'best'}>at its best</option>
        </select>
      </label>
      ${slider('rate', 'learning rate', '')}
    </div>
  `;
}

export function clockControls(state: State, playing: boolean, { change, play }: Actions): TemplateResult {
  const go = (event: Event) => change({ step: Number((event.target as HTMLInputElement).value) });
  const ends = (event: Event) => change({ ends: (event.target as HTMLInputElement).checked });
  const show = (method: Method) => () => change({ method });
  return html`
    <div class="row clock">
      <button type="button" @click=${play}>${playing ? 'Pause' : 'Play'}</button>
      <label class="time">step
        <input type="range" name="step" min="0" max=${STEPS} .value=${String(state.step)} @input=${go} />
        <output>${state.step}</output>
      </label>
    </div>
    <div class="row">
      <span class="switch" role="group" aria-label="Method shown in detail">
        ${METHODS.map(
          (method) => html`<button type="button" title=${NAMES[method]} aria-pressed=${method === state.method}
            @click=${show(method)}>${SHORT[method]}</button>`,
        )}
      </span>
      <label><input type="checkbox" name="ends" .checked=${state.ends} @change=${ends} /> mark where ${SHORT[state.method]} ends from all over</label>
    </div>
  `;
}

/** What may differ without making it another scene: where one looks. */
const LOOSE = new Set<keyof State>(['step', 'method', 'ends', 's1', 's2']);

const SIGMAS = { relu: 'ReLU', top1: 'Top-1 of ReLU', jump: 'JumpReLU' };

function sliders(state: State, change: Actions['change']) {
  return (name: Numeric, text: string, suffix: string, low: number = RANGES[name][0]) => {
    const [, high, step] = RANGES[name];
    const set = (event: Event) => change({ [name]: Number((event.target as HTMLInputElement).value) });
    return html`<label class="slide">${text}
      <input type="range" name=${name} min=${low} max=${high} step=${step} .value=${String(state[name])} @input=${set} />
      <output>${String(state[name]).replace('-', '−')}${suffix}</output>
    </label>`;
  };
}

function interference({ f1, f2 }: State): string {
  const product = Math.cos(((f1 - f2) * Math.PI) / 180);
  return (Math.abs(product) < 5e-3 ? 0 : product).toFixed(2).replace('-', '−');
}
