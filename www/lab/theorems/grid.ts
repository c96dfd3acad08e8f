/** Features put into latents: a row a latent, a column a feature, a button a cell; arrow keys move, space or Enter toggles. */
import { html, type TemplateResult } from 'lit';

export interface Grid {
  pattern: readonly (readonly number[])[];
  features: readonly string[];
  /** Masses under the columns. */
  mass: readonly number[];
  toggle(latent: number, feature: number): void;
  weigh(feature: number, mass: number): void;
}

export function grid({ pattern, features, mass, toggle, weigh }: Grid): TemplateResult {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const from = event.target as HTMLElement;
    if (!step || from.tagName !== 'BUTTON') return;
    const to = [Number(from.dataset.latent) + step[0], Number(from.dataset.feature) + step[1]];
    const table = from.closest('table') as HTMLElement;
    const next = table.querySelector<HTMLElement>(`[data-latent="${to[0]}"][data-feature="${to[1]}"]`);
    if (!next) return;
    event.preventDefault();
    for (const cell of table.querySelectorAll<HTMLElement>('[data-latent]')) cell.tabIndex = cell === next ? 0 : -1;
    next.focus();
  };
  const cell = (i: number, d: number) => {
    const inside = pattern[i].includes(d);
    return html`<td>
      <button
        type="button"
        data-latent=${i}
        data-feature=${d}
        tabindex=${i === 0 && d === 0 ? 0 : -1}
        aria-pressed=${inside}
        aria-label="${features[d]} fires latent ${i + 1}"
        @click=${() => toggle(i, d)}
      >${inside ? '●' : ''}</button>
    </td>`;
  };
  return html`<table class="pattern-grid" @keydown=${move}>
    <thead><tr><td></td>${features.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>
      ${pattern.map((_, i) => html`<tr><th scope="row">latent ${i + 1}</th>${features.map((_, d) => cell(i, d))}</tr>`)}
      <tr>
        <th scope="row">M<sub>d</sub></th>
        ${mass.map(
          (m, d) => html`<td><input
            type="number" min="0.01" max="100" step="any" .value=${String(m)} aria-label="mass of ${features[d]}"
            @change=${(event: Event) => weigh(d, Number((event.target as HTMLInputElement).value))}
          /></td>`,
        )}
      </tr>
    </tbody>
  </table>`;
}
