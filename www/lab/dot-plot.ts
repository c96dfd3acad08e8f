/** A measure from 0 to 1 of several methods: a dot a seed, a mark at the mean, a bar for its 95 % interval. */
import { html, svg, type TemplateResult } from 'lit';
import { summary } from './absorption-trials';

export interface Row {
  name: string;
  values: (number | null)[];
}

const [WIDTH, ROW, TOP, LEFT, RIGHT] = [360, 44, 8, 14, 14];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** "0.498 ± 0.083", as much of it as is known. */
export function saidOf(mean: number, half: number): string {
  if (Number.isNaN(mean)) return 'undefined';
  return `${mean.toFixed(3).replace('-', '−')}${Number.isNaN(half) ? '' : ` ± ${half.toFixed(3)}`}`;
}

/** `title`: what is measured; the text before its colon heads the figure. */
export function dotPlot(title: string, rows: Row[]): TemplateResult {
  const [head, about] = title.split(': ');
  const height = TOP + rows.length * ROW;
  const x = (value: number) => LEFT + Math.max(-0.02, Math.min(1.02, value)) * (WIDTH - LEFT - RIGHT);
  const said = rows.map(({ name, values }) => {
    const { mean, half } = summary(values);
    return `${name}: ${saidOf(mean, half)}`;
  });
  const draw = ({ name, values }: Row, at: number) => {
    const y = TOP + at * ROW + 30;
    const { mean, half } = summary(values);
    const dots = values.filter((value): value is number => value !== null);
    const interval = [mean - half, mean + half].map((end) => x(Math.max(0, Math.min(1, end))));
    return svg`
      <text class="name" x=${LEFT} y=${y - 12}>${name}</text>
      <text class="mean" x=${WIDTH - RIGHT} y=${y - 12}>${saidOf(mean, Number.NaN)}</text>
      <line class="base" x1=${x(0)} x2=${x(1)} y1=${y} y2=${y}></line>
      ${Number.isNaN(half) ? '' : svg`<line class="interval" x1=${interval[0]} x2=${interval[1]} y1=${y} y2=${y}></line>`}
      ${dots.map((value) => svg`<circle cx=${x(value)} cy=${y} r="3.2"></circle>`)}
      ${Number.isNaN(mean) ? '' : svg`<line class="at-mean" x1=${x(mean)} x2=${x(mean)} y1=${y - 7} y2=${y + 7}></line>`}`;
  };
  return html`<figure class="dot-plot">
    <h3>${head}</h3>
    <p>${about}.</p>
    <svg viewBox="0 0 ${WIDTH} ${height + 22}" role="img" aria-label="${head}. ${said.join('; ')}.">
      ${TICKS.map(
        (tick) => svg`<line class="grid" x1=${x(tick)} x2=${x(tick)} y1=${TOP} y2=${height + 2}></line>
          <text class="tick" x=${x(tick)} y=${height + 16}>${tick}</text>`,
      )}
      ${rows.map(draw)}
    </svg>
  </figure>`;
}
