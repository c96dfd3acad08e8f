/**
 * A sweep's figure: panels of means with their 95 % intervals. Numbers across make lines; names make rows, which a
 * narrow screen has room for. A series is told by hue and by marker.
 */
import { ticks } from 'd3-array';
import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit';
import { logTicks } from '../../views/scales';
import { type Estimate, type Figure, inWords, type Panel, type Picture } from './summary';

interface Scale {
  share(value: number): number;
  ticks: { at: number; said: string }[];
}

/** Units of the drawing: about a CSS pixel. */
const [WIDTH, HEIGHT] = [380, 240];
const PLOT = { left: 52, right: 14, top: 12, bottom: 46 };

export function chart(drawn: Picture, figure: Figure): TemplateResult {
  const up = valueScale(drawn, figure);
  const panel = drawn.numbers ? lines : rows;
  return html`
    <ul class="key" aria-label="Series">
      ${drawn.series.map((name, s) => html`<li><svg class="s${s}" viewBox="-12 -8 24 16" aria-hidden="true"><path class="line" d="M-12 0H12" />${marker(s, 0, 0)}</svg>${name}</li>`)}
    </ul>
    <div class="panels ${drawn.panels.length === 4 ? 'four' : ''}">
      ${drawn.panels.map(
        (part) => html`<div class="panel">
          ${part.title ? html`<h4>${part.title}</h4>` : nothing}
          ${panel(part, drawn, figure, up)}
        </div>`,
      )}
    </div>
  `;
}

/** The scale of the measure, the same in all panels. */
function valueScale(drawn: Picture, { log_y, y_range }: Figure): Scale {
  const all = drawn.panels.flatMap((panel) => panel.values.flat()).filter((e) => e !== null);
  const ends = all.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  if (log_y) {
    const positive = ends.filter((value) => value > 0);
    const low = 10 ** Math.floor(Math.log10(Math.min(...positive)));
    const high = 10 ** Math.ceil(Math.log10(Math.max(...positive)));
    return logScale(
      low,
      high,
      logTicks(low, high).filter((tick) => Math.log10(tick) % 1 === 0),
    );
  }
  const [low, high] = y_range ?? [Math.min(0, ...ends), Math.max(0, ...ends)];
  const marks = ticks(low, high, 5);
  const step = marks.length > 1 ? marks[1] - marks[0] : 1;
  const [from, to] = y_range ?? [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  return linearScale(from, to > from ? to : from + 1, ticks(from, to, 5));
}

function linearScale(low: number, high: number, marks: number[]): Scale {
  const share = (value: number) => Math.max(0, Math.min(1, (value - low) / (high - low)));
  return { share, ticks: marks.map((at) => ({ at, said: String(at).replace('-', '−') })) };
}

function logScale(low: number, high: number, marks: number[]): Scale {
  const share = (value: number) =>
    value > 0 ? Math.max(0, Math.min(1, Math.log(value / low) / Math.log(high / low))) : 0;
  return { share, ticks: marks.map((at) => ({ at, said: power(at) })) };
}

function power(value: number): string {
  const superscript = [...String(Math.round(Math.log10(value)))].map((c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? '⁻').join('');
  return Math.abs(Math.log10(value)) < 3 ? String(value) : `10${superscript}`;
}

function acrossScale({ numbers, points }: Picture, { log_x, rule }: Figure): Scale {
  const all = [...(numbers ?? []), ...(rule ? [rule.x] : [])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = log_x ? (high / low) ** 0.05 : (high - low) * 0.05 || 1;
  const scale = log_x ? logScale(low / room, high * room, []) : linearScale(low - room, high + room, []);
  const marks = (numbers ?? []).map((at, ix) => ({ at, said: points[ix] })).sort((a, b) => a.at - b.at);
  // Where points are close, their names would run into one another.
  let last = -99;
  for (const mark of marks) {
    const at = scale.share(mark.at) * (WIDTH - PLOT.left - PLOT.right);
    const half = mark.said.length * 3.6;
    if (at - half > last + 5) last = at + half;
    else mark.said = '';
  }
  return { share: scale.share, ticks: marks };
}

function lines(panel: Panel, drawn: Picture, figure: Figure, up: Scale): TemplateResult {
  const across = acrossScale(drawn, figure);
  const bottom = HEIGHT - PLOT.bottom;
  const x = (value: number) => PLOT.left + across.share(value) * (WIDTH - PLOT.left - PLOT.right);
  const y = (value: number) => bottom - up.share(value) * (bottom - PLOT.top);
  const name = figure.x_label ?? figure.x;
  const middle = (PLOT.top + bottom) / 2;
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${spoken(panel, drawn, name)}>
    ${up.ticks.map(
      ({ at, said }) => svg`<path class="grid" d="M${PLOT.left} ${y(at)}H${WIDTH - PLOT.right}" />
        <text class="tick" x=${PLOT.left - 6} y=${y(at) + 4} text-anchor="end">${said}</text>`,
    )}
    ${across.ticks.map(
      ({ at, said }) => svg`<path class="base" d="M${x(at)} ${bottom}v4" />
        <text class="tick" x=${x(at)} y=${bottom + 17} text-anchor="middle">${said}</text>`,
    )}
    <path class="base" d="M${PLOT.left} ${bottom}H${WIDTH - PLOT.right}" />
    ${figure.rule ? rule(x(figure.rule.x), bottom, figure.rule.label) : nothing}
    ${panel.values.map((values, s) => series(values, s, drawn, figure, x, y))}
    <text class="axis" x=${(PLOT.left + WIDTH - PLOT.right) / 2} y=${HEIGHT - 6} text-anchor="middle">${name}</text>
    <text class="axis" transform="translate(12 ${middle}) rotate(-90)" text-anchor="middle">${figure.y_label ?? figure.y[0].label}</text>
  </svg>`;
}

function rule(x: number, bottom: number, label: string): SVGTemplateResult {
  return svg`<path class="rule" d="M${x} ${PLOT.top}V${bottom}" /><text class="tick" x=${x + 5} y=${PLOT.top + 10}>${label}</text>`;
}

function series(
  values: (Estimate | null)[],
  s: number,
  drawn: Picture,
  { log_y }: Figure,
  x: (value: number) => number,
  y: (value: number) => number,
): SVGTemplateResult {
  const points = values
    .map((estimate, ix) => ({ estimate, at: x(drawn.numbers?.[ix] ?? 0), name: drawn.points[ix] }))
    .filter((point): point is typeof point & { estimate: Estimate } => point.estimate !== null)
    // What a log axis cannot show is left out.
    .filter(({ estimate }) => !log_y || estimate.mean > 0)
    .sort((a, b) => a.at - b.at);
  const path = points.map(({ at, estimate }) => `${at} ${y(estimate.mean)}`).join('L');
  return svg`<g class="s${s}">
    ${points.length > 1 ? svg`<path class="line" d="M${path}" />` : nothing}
    ${points.map(
      ({ at, estimate, name }) => svg`<g>
        <title>${drawn.series[s]}, ${name}: ${inWords(estimate)}</title>
        ${estimate.low === null || estimate.high === null ? nothing : svg`<path class="interval" d="M${at} ${y(estimate.low)}V${y(estimate.high)}" />`}
        ${marker(s, at, y(estimate.mean))}
      </g>`,
    )}
  </g>`;
}

/** A row a name, its series one below another. */
function rows(panel: Panel, drawn: Picture, figure: Figure, up: Scale): TemplateResult {
  const step = 14 * drawn.series.length + 26;
  const top = 6;
  const bottom = top + drawn.points.length * step;
  const x = (value: number) => 12 + up.share(value) * (WIDTH - 24);
  const mark = (s: number, ix: number) => {
    const estimate = panel.values[s][ix];
    if (!estimate) return nothing;
    const y = top + ix * step + 28 + 14 * s;
    const { low, high, mean } = estimate;
    return svg`<g class="s${s}">
      <title>${drawn.points[ix]}, ${drawn.series[s]}: ${inWords(estimate)}</title>
      ${low === null || high === null ? nothing : svg`<path class="interval" d="M${x(low)} ${y}H${x(high)}" />`}
      ${marker(s, x(mean), y)}
    </g>`;
  };
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${bottom + 40}" role="img" aria-label=${spoken(panel, drawn, figure.x)}>
    ${up.ticks.map(
      ({ at, said }) => svg`<path class="grid" d="M${x(at)} ${top}V${bottom}" />
        <text class="tick" x=${x(at)} y=${bottom + 15} text-anchor="middle">${said}</text>`,
    )}
    ${drawn.points.map(
      (name, ix) => svg`<text class="axis" x="12" y=${top + ix * step + 16}>${name}</text>
        ${drawn.series.map((_, s) => mark(s, ix))}`,
    )}
    <text class="axis" x=${WIDTH / 2} y=${bottom + 34} text-anchor="middle">${figure.y_label ?? figure.y[0].label}</text>
  </svg>`;
}

/** All of a panel for who cannot see it. */
function spoken(panel: Panel, drawn: Picture, across: string): string {
  const series = drawn.series.map((name, s) => {
    const values = panel.values[s].map((estimate, ix) => `${drawn.points[ix]} ${inWords(estimate)}`);
    return `${name}: ${values.join(', ')}`;
  });
  return `${panel.title || 'Means'} by ${across}. ${series.join('. ')}.`;
}

/** One shape a series: disc, square, triangle, diamond, triangle on its tip, ring, cross. */
function marker(s: number, x: number, y: number): SVGTemplateResult {
  const shapes = [
    'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z',
    'M-3.7-3.7h7.4v7.4h-7.4z',
    'M0-5l4.6 8h-9.2z',
    'M0-5l5 5-5 5-5-5z',
    'M0 5l4.6-8h-9.2z',
    'M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0z',
    'M-4-4l8 8m0-8l-8 8',
  ];
  return svg`<path class="mark ${s % 7 >= 5 ? 'open' : ''}" transform="translate(${x} ${y})" d=${shapes[s % 7]} />`;
}
