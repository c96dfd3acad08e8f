/** The settings: every row of the knob table as an input, in folded groups whose headings say how they are set. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Config } from './engine';
import { formula } from './formula';
import { expected, fits, GROUPS, KNOBS, type Knob, type KnobValue, listText, type NumberKnob } from './knobs';
import { explanationOf, presetsNow } from './late';
import { type MethodHandlers, methods } from './methods';
import { count } from './notice';
import { BASES, type Configs, configsOf, isSplit, LABELS, type PageState, settingOf } from './state';
import { summaryOf } from './summaries';
import { settled, typed, unlessTyping } from './typed';
import type { Basis, RunLabel } from './views/view';

const BASIS_WORDS: Record<Basis, string> = {
  decoder_cosine: 'decoder columns, cosine',
  encoder_cosine: 'encoder rows, cosine',
  decoder_raw: 'decoder columns, raw product',
  encoder_raw: 'encoder rows, raw product',
};

export interface ControlHandlers extends MethodHandlers {
  /** A group has been opened: its controls want explaining. */
  opened(): void;
  basis(basis: Basis): void;
  set(knob: Knob, value: KnobValue, label?: RunLabel): void;
  split(knob: Knob, apart: boolean): void;
}

/** methodsApart: the visitor wants to choose for A and B apart. */
export function controls(state: PageState, methodsApart: boolean, handlers: ControlHandlers): TemplateResult {
  const configs = configsOf(state);
  return html`${methods(state, presetsNow(), methodsApart, handlers)} ${GROUPS.map((group) => {
    const knobs = KNOBS.filter((knob) => knob.group === group && applies(knob, configs));
    return html`<details class="group" @toggle=${handlers.opened}>
      <summary><b>${group}</b> <span>${summaryOf(group, state, configs)}</span></summary>
      ${group === 'Scoring' ? basisRow(state, handlers) : nothing}
      ${knobs.map((knob) => row(knob, state, configs, handlers))}
      ${group === 'Scoring' ? html`<p class="hint">${heldOut(configs.A)}</p>` : nothing}
    </details>`;
  })}`;
}

function row(knob: Knob, state: PageState, configs: Configs, handlers: ControlHandlers): TemplateResult {
  const split = isSplit(state, knob.path);
  const id = `knob-${knob.key}`;
  const of = (label: RunLabel) => html`<span class="of-run" data-run=${label}>
    <span aria-hidden="true">${label}</span>
    ${input(knob, settingOf(state, knob.path, label), `${id}-${label}`, [configs[label]], (value) => handlers.set(knob, value, label), label)}
  </span>`;
  return html`<div class="knob" data-knob=${knob.path} data-kind=${knob.kind}>
    <div class="name">
      <label for=${split ? `${id}-A` : id}>${knob.name}${split ? html`<span class="unseen"> of run A</span>` : nothing}</label>
      ${symbol(knob.symbol)}
      ${
        knob.effect === 'restart'
          ? html`<span class="restarts" title="Changing this starts both runs anew">↺<span class="unseen"> restarts</span></span>`
          : nothing
      }
      ${
        knob.perRun
          ? html`<button class="tiny" aria-pressed=${split} title=${split ? 'Same for A and B' : 'Set A and B apart'}
              @click=${() => handlers.split(knob, !split)}>A≠B<span class="unseen"> ${knob.name}</span></button>`
          : nothing
      }
      ${explanation(knob)}
    </div>
    ${
      split
        ? html`<div class="pair">${LABELS.map(of)}</div>`
        : input(
            knob,
            settingOf(state, knob.path),
            id,
            LABELS.map((label) => configs[label]),
            (value) => handlers.set(knob, value),
          )
    }
    <p class="wrong" role="alert"></p>
  </div>`;
}

/** Not a knob of the runs: how the same weights are read. */
function basisRow(state: PageState, handlers: ControlHandlers): TemplateResult {
  return html`<div class="knob">
    <div class="name"><label for="basis">Weights read as</label></div>
    <select id="basis" .value=${live(state.basis)}
      @change=${(event: Event) => handlers.basis((event.target as HTMLSelectElement).value as Basis)}>
      ${BASES.map((basis) => html`<option value=${basis} ?selected=${basis === state.basis}>${BASIS_WORDS[basis]}</option>`)}
    </select>
  </div>`;
}

function input(
  knob: Knob,
  value: KnobValue,
  id: string,
  configs: readonly Config[],
  set: (value: KnobValue) => void,
  label?: RunLabel,
): TemplateResult {
  const named = label === 'B' ? `${knob.name} of run B` : nothing;
  const changed = (event: Event) => {
    settled(event);
    const at = event.target as HTMLInputElement;
    const next = read(knob, at);
    const wrong = fits(knob, next) ? '' : `Expected ${expected(knob)}.`;
    at.setAttribute('aria-invalid', String(wrong !== ''));
    const line = at.closest('.knob')?.querySelector('.wrong');
    if (line) line.textContent = wrong;
    if (wrong === '') set(next as KnobValue);
  };
  switch (knob.kind) {
    case 'choice':
      return html`<select id=${id} aria-label=${named} .value=${live(String(value))} @change=${changed}>
        ${knob.choices
          .filter((choice) => choice.value === value || !choice.applies || configs.every(choice.applies))
          .map(
            (choice) =>
              html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`,
          )}
      </select>`;
    case 'switch':
      return html`<input id=${id} type="checkbox" aria-label=${named} .checked=${live(value === true)} @change=${changed} />`;
    case 'list':
      return html`<input id=${id} type="text" autocomplete="off" placeholder="none" aria-label=${named}
        .value=${unlessTyping(String(value).replaceAll(',', ', '))} @input=${typed} @change=${changed} />`;
    case 'number':
      return html`<span class="number">
        <input id=${id} type="text" inputmode="decimal" autocomplete="off" aria-label=${named}
          .value=${unlessTyping(String(value))} @input=${typed} @change=${changed} />
        ${knob.unit ? html`<span class="unit">${knob.unit}</span>` : nothing}
        ${knob.slider ? slider(knob, value as number, set, label) : nothing}
      </span>`;
    default:
      return knob satisfies never;
  }
}

function slider(knob: NumberKnob, value: number, set: (value: KnobValue) => void, label?: RunLabel): TemplateResult {
  const name = `${knob.name}${label ? ` of run ${label}` : ''}, slider`;
  return html`<input type="range" min="0" max="100" step="1" aria-label=${name} aria-valuetext=${String(value)}
    .value=${live(String(positionOf(knob, value)))}
    @change=${(event: Event) => set(valueAt(knob, Number((event.target as HTMLInputElement).value)))} />`;
}

/** Where a value stands on a slider from 0 to 100; on a log slider 0 is off. */
export function positionOf(knob: NumberKnob, value: number): number {
  const most = sliderEnd(knob);
  if (knob.log === undefined) return (100 * (value - knob.min)) / (most - knob.min);
  if (value < knob.log) return 0;
  return 1 + (99 * Math.log(Math.min(value, most) / knob.log)) / Math.log(most / knob.log);
}

/** Two significant digits: what a slider can honestly set. */
export function valueAt(knob: NumberKnob, position: number): number {
  const most = sliderEnd(knob);
  if (knob.log === undefined) return Number((knob.min + ((most - knob.min) * position) / 100).toPrecision(3));
  if (position < 1) return 0;
  return Number((knob.log * (most / knob.log) ** ((position - 1) / 99)).toPrecision(2));
}

/** A slider covers what is useful; the number beside it takes the rest. */
function sliderEnd(knob: NumberKnob): number {
  return Math.min(knob.max, knob.path === 'training.learning_rate' ? 0.1 : 10);
}

function read(knob: Knob, at: HTMLInputElement): KnobValue {
  if (knob.kind === 'switch') return at.checked;
  if (knob.kind === 'list') return listText(at.value);
  const text = at.value.trim().replace(',', '.');
  return knob.kind === 'number' ? (text === '' ? Number.NaN : Number(text)) : at.value;
}

function explanation(knob: Knob): TemplateResult {
  const why = explanationOf(knob.path);
  return html`<details class="why">
    <summary aria-label=${`What is ${knob.name}?`}>?</summary>
    <div>
      <p>${why?.text ?? 'Loading…'}</p>
      ${why?.formula ? html`<p class="formula">${formula(why.formula)}</p>` : nothing}
      ${why?.source ? html`<p class="source">${why.source}</p>` : nothing}
    </div>
  </details>`;
}

/** n_p with its subscript. */
function symbol(text: string | undefined): TemplateResult | typeof nothing {
  if (!text) return nothing;
  const [base, sub] = text.split('_');
  return html`<var>${base}${sub ? html`<sub>${sub}</sub>` : nothing}</var>`;
}

function applies(knob: Knob, configs: Configs): boolean {
  return !knob.applies || LABELS.some((label) => knob.applies?.(configs[label]));
}

function heldOut(config: Config): string {
  const n = config.scoring.hold_out;
  return n === 0
    ? 'Nothing is anchored, so every feature is scored.'
    : `The ${count(n)} features anchored in either run are left out of the score of both.`;
}
