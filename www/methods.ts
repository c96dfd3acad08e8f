/** Which method the runs use, by name: one select for both, or one each, and what has been changed since. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { methodsDiffer, type Preset, standing } from './presets';
import { LABELS, type PageState } from './state';
import { nameIn } from './titles';
import type { RunLabel } from './views/view';

export interface MethodHandlers {
  method(preset: Preset, label?: RunLabel): void;
  /** Choose for A and B apart, or join them. */
  methodsApart(apart: boolean): void;
}

/** Changes named one by one. */
const NAMED = 3;

export function methods(
  state: PageState,
  presets: readonly Preset[],
  wanted: boolean,
  on: MethodHandlers,
): TemplateResult {
  const apart = wanted || methodsDiffer(state, presets);
  return html`<div class="knob method">
    <div class="name">
      <label for=${apart ? 'method-A' : 'method'}>Method${apart ? html`<span class="unseen"> of run A</span>` : nothing}</label>
      <span class="restarts" title="Changing this starts both runs anew">↺<span class="unseen"> restarts</span></span>
      <button class="tiny" aria-pressed=${apart} title=${apart ? 'Same for A and B' : 'Choose for A and B apart'}
        @click=${() => on.methodsApart(!apart)}>A≠B<span class="unseen"> Method</span></button>
    </div>
    ${
      apart
        ? LABELS.map(
            (label) => html`<div class="of-run" data-run=${label}>
              <span aria-hidden="true">${label}</span>
              <div>${choice(state, presets, label, on, label)}</div>
            </div>`,
          )
        : choice(state, presets, 'A', on)
    }
  </div>`;
}

/** shown: the run that is read; label: the run that is set, both if absent. */
function choice(
  state: PageState,
  presets: readonly Preset[],
  shown: RunLabel,
  on: MethodHandlers,
  label?: RunLabel,
): TemplateResult {
  const at = standing(state, presets, shown);
  const chosen = (event: Event) => {
    const preset = presets.find(({ id }) => id === (event.target as HTMLSelectElement).value);
    if (preset) on.method(preset, label);
  };
  return html`
    <select id=${label ? `method-${label}` : 'method'} aria-label=${label === 'B' ? 'Method of run B' : nothing}
      title=${at?.preset.name ?? nothing} ?disabled=${presets.length === 0} .value=${live(at?.preset.id ?? '')} @change=${chosen}>
      ${at ? nothing : html`<option value="" selected>Of its own</option>`}
      ${presets.map(({ id, name }) => html`<option value=${id} ?selected=${id === at?.preset.id}>${name}</option>`)}
    </select>
    ${
      at && at.changed.length > 0
        ? html`<p class="changed">changed: ${changedWords(at.changed.map(nameIn))}
            <button class="tiny" @click=${() => on.method(at.preset, label)}>Undo<span class="unseen"> the changes to ${at.preset.name}</span></button></p>`
        : nothing
    }
    <details class="hint" ?hidden=${!at}>
      <summary>${at?.preset.source}</summary>
      <p>${at?.preset.about}</p>
    </details>
  `;
}

/** "k, learning rate, AuxK and 2 more". */
export function changedWords(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
