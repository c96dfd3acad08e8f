/** What sweeps found: the files under `results/`, quoted. Figure and numbers are `summary.json`'s, words `README.md`'s. */
import { html, nothing, render, type TemplateResult } from 'lit';
import { chart } from './findings/chart';
import findingsCss from './findings/findings.css?inline';
import { prose } from './findings/prose';
import { type Cell, inWords, picture, type Summary } from './findings/summary';
import type { RoomModule } from './rooms';

interface Finding {
  id: string;
  /** In the list of findings. */
  name: string;
  load(): Promise<[{ default: unknown }, { default: string }]>;
}

const FINDINGS: readonly Finding[] = [
  {
    id: 'minima',
    name: 'Spurious minima',
    load: () =>
      Promise.all([import('../../results/minima/summary.json'), import('../../results/minima/README.md?raw')]),
  },
  {
    id: 'absorption',
    name: 'Absorption',
    load: () =>
      Promise.all([import('../../results/absorption/summary.json'), import('../../results/absorption/README.md?raw')]),
  },
  {
    id: 'dead',
    name: 'Dead latents',
    load: () => Promise.all([import('../../results/dead/summary.json'), import('../../results/dead/README.md?raw')]),
  },
  {
    id: 'anchors',
    name: 'Anchors',
    load: () =>
      Promise.all([import('../../results/anchors/summary.json'), import('../../results/anchors/README.md?raw')]),
  },
  {
    id: 'bound',
    name: 'Theorem 3.1’s bound',
    load: () => Promise.all([import('../../results/bound/summary.json'), import('../../results/bound/README.md?raw')]),
  },
  {
    id: 'true-l0',
    name: 'k and the true L0',
    load: () =>
      Promise.all([import('../../results/true-l0/summary.json'), import('../../results/true-l0/README.md?raw')]),
  },
];

const sheet = new CSSStyleSheet();
sheet.replaceSync(findingsCss);

export const open: RoomModule['open'] = (at, { query }) => {
  document.adoptedStyleSheets.push(sheet);
  let left = false;
  const asked = query.get('finding');
  const finding = FINDINGS.find(({ id }) => id === asked) ?? FINDINGS[0];
  const show = (body: unknown) => {
    if (!left) render(html`${list(finding)}<article class="finding" data-finding=${finding.id}>${body}</article>`, at);
  };
  show('Loading…');
  finding.load().then(
    ([summary, text]) => show(page(summary.default as Summary, text.default)),
    (error) => show(`This finding could not be loaded: ${String(error)}`),
  );
  return () => {
    left = true;
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
};

function list(current: Finding): TemplateResult {
  const link = ({ id, name }: Finding) =>
    html`<li><a href="#findings?finding=${id}" aria-current=${id === current.id ? 'true' : nothing}>${name}</a></li>`;
  return html`<nav class="findings" aria-label="Findings"><ul>${FINDINGS.map(link)}</ul></nav>`;
}

function page(summary: Summary, text: string): TemplateResult {
  const shares = summary.cells.some((cell) => Object.values(cell.metrics).some((estimate) => estimate?.share));
  const intervals = shares ? 'Wilson’s for shares of runs, Student’s t otherwise' : 'Student’s t';
  return html`
    <figure class="sweep">
      <h3>${summary.title}</h3>
      ${chart(picture(summary), summary.figure)}
      <figcaption>Means over ${summary.n_seeds} seeds; bars are 95 % intervals (${intervals}).</figcaption>
    </figure>
    <div class="prose">${prose(text)}</div>
    <details>
      <summary>All numbers</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="All numbers">${table(summary)}</div>
    </details>
  `;
}

function table(summary: Summary): TemplateResult {
  const metrics = Object.keys(summary.cells[0]?.metrics ?? {});
  const names = ({ at }: Cell) =>
    summary.axes.map((axis, ix) => html`<th scope="row">${axis.points[at[ix]].name}</th>`);
  return html`<table>
    <thead><tr>${[...summary.axes.map((axis) => axis.name), ...metrics].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>
      ${summary.cells.map((cell) => html`<tr>${names(cell)}${metrics.map((metric) => html`<td>${inWords(cell.metrics[metric])}</td>`)}</tr>`)}
    </tbody>
  </table>`;
}
