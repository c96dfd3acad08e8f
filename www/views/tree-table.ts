/** Every edge of the tree in numbers, for whoever reads tables: folded, and filled only while it is open. */
import { html, nothing, render } from 'lit';
import { adoptStyles } from './style';
import { type Answer, type Edge, isAbsorbed } from './tree-words';
import type { RunData } from './view';
import { count, featureName, score } from './words';

const css = `
.sdl-edges summary { cursor: pointer; font-size: var(--sdl-small); color: var(--sdl-muted); margin-top: 0.5rem; min-height: 24px; }
.sdl-edges summary:focus-visible { outline: 2px solid var(--sdl-select); outline-offset: 2px; }
/* As wide as the figure, whatever the table is: it scrolls. */
.sdl-edges > div { overflow: auto; max-height: 22rem; width: 0; min-width: 100%; }
.sdl-edges table { border-collapse: collapse; font-size: var(--sdl-small); width: 100%; }
.sdl-edges th, .sdl-edges td { padding: 0.15rem 0.4rem; text-align: right; border-top: 1px solid var(--sdl-grid); white-space: nowrap; }
.sdl-edges th { font-weight: 600; color: var(--sdl-muted); }
.sdl-edges :is(th, td):first-child { text-align: left; }
.sdl-edges tr[data-absorbed] td { font-weight: 600; }
`;
const MOST_ROWS = 500;
const EVERY_MS = 1000;

export class EdgeTable {
  private readonly element = document.createElement('details');
  private data: { run: RunData; edges: Edge[]; answers: Answer[][] } | null = null;
  private timer = 0;
  private written = Number.NEGATIVE_INFINITY;

  constructor(root: HTMLElement) {
    this.element.className = 'sdl-edges';
    root.append(this.element);
    this.element.addEventListener('toggle', () => this.write());
    render(
      html`<summary>Every edge in numbers</summary><div tabindex="0" role="group" aria-label="Edges"></div>`,
      this.element,
    );
  }

  update(run: RunData, edges: Edge[], answers: Answer[][]): void {
    this.data = { run, edges, answers };
    adoptStyles(this.element, css);
    const wait = Math.max(0, this.written + EVERY_MS - performance.now());
    if (this.element.open) this.timer ||= window.setTimeout(() => this.write(), wait);
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }

  private write(): void {
    this.timer = 0;
    this.written = performance.now();
    const { data } = this;
    const at = this.element.querySelector('div');
    if (!data || !at || !this.element.open) return;
    const { run, edges, answers } = data;
    const own = (d: number) => (answers[d] ?? []).map(({ latent }) => latent).join(', ') || 'none';
    const row = (edge: Edge) => html`<tr ?data-absorbed=${isAbsorbed(edge)}>
      <td>${featureName(run.world, edge.parent)} → ${edge.child}${isAbsorbed(edge) ? ', absorbed' : ''}</td>
      <td>${count(edge.rows)}</td><td>${score(edge.full)}</td><td>${score(edge.fraction)}</td>
      <td>${score(edge.gap)}</td><td>${score(edge.leakage)}</td>
      <td>${own(edge.parent)}</td><td>${own(edge.child)}</td><td>${edge.speaker?.latent ?? '–'}</td>
    </tr>`;
    render(
      html`<table>
        <thead><tr>
          <th scope="col">parent → child</th><th scope="col">samples</th><th scope="col">full</th><th scope="col">fraction</th>
          <th scope="col">recall gap</th><th scope="col">leakage</th><th scope="col">parent’s latents</th>
          <th scope="col">child’s latents</th><th scope="col">speaks for the parent</th>
        </tr></thead>
        <tbody>${edges.slice(0, MOST_ROWS).map(row)}</tbody>
      </table>
      ${edges.length > MOST_ROWS ? html`<p>The first ${count(MOST_ROWS)} of ${count(edges.length)} edges.</p>` : nothing}`,
      at,
    );
  }
}
