/** Inputs that the experiments share: settings with their names and bounds from the table of controls; progress. */
import { html, type TemplateResult } from 'lit';
import { fits, knobAt, type NumberKnob } from '../knobs';
import type { Settings } from './arms';
import { Cancelled } from './pool';

const NAMES: Record<keyof Settings, string> = {
  'bench.world': 'World',
  'bench.n_features': 'Features n',
  'bench.n_input': 'Dimensions n_p',
  'bench.sparsity': 'Sparsity S',
  'model.n_latent': 'Latents n_q',
  'model.k': 'k',
  'training.steps': 'Steps',
  'anchors.count': 'Anchors',
  'anchors.coefficient': 'λ_a',
  'dead.resample_every': 'Resample every',
  'dead.resample_scale': 'Revived norm',
};

const paths = Object.keys(NAMES) as (keyof Settings)[];

/** Settings as the address has them (`n=6&S=0.85`), by the keys of the explorer's links; what does not fit is left. */
export function settingsFrom(query: URLSearchParams, plain: Settings): Settings {
  const settings = { ...plain };
  for (const path of paths) {
    const knob = knobAt(path) as NumberKnob;
    const text = query.get(knob.key);
    if (text !== null && fits(knob, Number(text))) settings[path] = Number(text);
  }
  return settings;
}

export function settingFields(settings: Settings, change: (settings: Settings) => void): TemplateResult[] {
  return paths.map((path) => {
    const knob = knobAt(path) as NumberKnob;
    return numberField(
      NAMES[path],
      settings[path],
      knob.min,
      knob.max,
      (value) => change({ ...settings, [path]: value }),
      knob.integer ? 1 : 'any',
    );
  });
}

/** `change` is called with values in bounds only; the browser says what is wrong with others. */
export function numberField(
  name: string,
  value: number,
  min: number,
  max: number,
  change: (value: number) => void,
  step: number | 'any' = 1,
): TemplateResult {
  return html`<label>${name}
    <input type="number" .value=${String(value)} min=${min} max=${max} step=${step} required @change=${(
      event: Event,
    ) => {
      const input = event.target as HTMLInputElement;
      if (input.reportValidity()) change(input.valueAsNumber);
    }} />
  </label>`;
}

export function progressLine(
  busy: boolean,
  done: number,
  total: number,
  seconds: number,
  workers: number,
): TemplateResult {
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 && busy ? `, ${Math.ceil((total - done) / rate)} s left` : '';
  const words =
    total === 0
      ? ''
      : `${done} of ${total} runs${done < total && !busy ? ' (stopped)' : ''}${seconds > 0 ? ` in ${seconds.toFixed(1)} s` : ''}: ${rate.toFixed(0)} a second on ${workers} ${workers === 1 ? 'worker' : 'workers'}${left}`;
  return html`<p class="progress" ?hidden=${total === 0}>
    <progress max=${Math.max(1, total)} .value=${done} aria-label="Runs done"></progress> <span>${words}</span>
  </p>`;
}

/** What went wrong in words; nothing where somebody pressed Stop. */
export const failed = (error: unknown): string =>
  error instanceof Cancelled ? '' : error instanceof Error ? error.message : String(error);
