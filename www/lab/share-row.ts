/** A share with its interval as a row: the arm's name, a marker and a bar on a track from 0 to 100 %, the numbers. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Share } from './answers';
import { type Arm, LOOKS } from './arms';
import { percent } from './batch';

const MARKERS: Record<Arm, string> = { plain: '●', anchored: '◆', resampled: '▲' };

export function shareRow(arm: Arm, share: Share | undefined, about: string): TemplateResult {
  const at = (value: number) => `${100 * value}%`;
  const known = share && share.of > 0 ? share : undefined;
  const said = known
    ? `${percent(known.count / known.of)} (${percent(known.low)}–${percent(known.high)}), ${known.count} of ${known.of}`
    : 'no run yet';
  return html`<div class="share arm-${arm}">
    <p><b>${MARKERS[arm]} ${arm}</b> <span class="muted">${about}</span></p>
    <svg role="img" aria-label="${arm}: ${said}" width="100%" height="22">
      ${[0, 25, 50, 75, 100].map((tick) => svg`<line class="tick" x1="${tick}%" x2="${tick}%" y1="0" y2="22"></line>`)}
      ${
        known
          ? svg`<line class="interval" x1=${at(known.low)} x2=${at(known.high)} y1="11" y2="11" stroke-dasharray=${LOOKS[arm].dash || nothing}></line>
            <text class="marker" x=${at(known.count / known.of)} y="11">${MARKERS[arm]}</text>`
          : nothing
      }
    </svg>
    <p class="said">${said}</p>
  </div>`;
}

/** The track's axis. */
export const shareScale = (name: string): TemplateResult => html`<div class="share scale">
  <p></p>
  <div><span>0</span><span>25</span><span>50</span><span>75</span><span>100 %</span></div>
  <p></p>
  <p class="axis">${name}</p>
</div>`;
