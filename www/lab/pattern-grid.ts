/** An activation pattern as a small grid: a row a latent, a column a feature, what is merged, dead or missing marked. */
import { html, nothing, svg, type TemplateResult } from 'lit';

const CELL = 14;
const LEFT = 18;

/** A row's mark says what its latent is: ● one feature, ■ several (polysemantic), ○ none (dead); × a feature without one. */
export function patternGrid(pattern: readonly (readonly number[])[], nFeatures: number, label: string): TemplateResult {
  const width = LEFT + nFeatures * CELL + 1;
  const height = pattern.length * CELL + 17;
  const answered = new Set(pattern.flat());
  const row = (of: readonly number[], i: number) => {
    const y = i * CELL;
    const kind = of.length > 1 ? 'many' : of.length === 1 ? 'one' : 'none';
    return svg`<g class=${kind}>
      <text class="mark" x="8" y=${y + CELL / 2}>${of.length > 1 ? '■' : of.length === 1 ? '●' : '○'}</text>
      ${Array.from({ length: nFeatures }, (_, d) => svg`<rect class=${of.includes(d) ? 'on' : 'off'} x=${LEFT + d * CELL + 0.5} y=${y + 0.5} width=${CELL - 1} height=${CELL - 1}></rect>`)}
      ${of.length > 1 ? svg`<rect class="frame" x=${LEFT - 0.5} y=${y - 0.5} width=${nFeatures * CELL + 1} height=${CELL + 1}></rect>` : nothing}
    </g>`;
  };
  const column = (_: unknown, d: number) =>
    svg`<text class=${answered.has(d) ? 'name' : 'name missing'} x=${LEFT + (d + 0.5) * CELL} y=${height - 8}>${answered.has(d) ? d : '×'}</text>`;
  return html`<svg class="pattern" role="img" aria-label=${label} width=${width} height=${height} viewBox="-1 -1 ${width + 2} ${height + 1}">
    ${pattern.map(row)} ${nFeatures <= 24 ? Array.from({ length: nFeatures }, column) : nothing}
  </svg>`;
}

export const gridKey = html`<p class="key">
  A row is a latent, a column a feature; filled where the feature alone fires the latent. <span>● answers to one feature</span>
  <span class="many">■ to several (polysemantic)</span> <span>○ to none (dead, as long as features come alone)</span> <span>× a feature without a latent</span>
</p>`;
