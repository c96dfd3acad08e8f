/**
 * Which labels of real data are absorbed? Of each label: the latents that tell it, how often they are silent although
 * the probe of its class mean finds it, who carries it then, and on which texts.
 *
 * Looking costs a pass over all rows, so it is done when the visitor asks.
 */
import { html, nothing, render, type TemplateResult } from 'lit';
import type { LabelAbsorption } from '../engine';
import { labelsCss } from './labels-style';
import { adoptStyles } from './style';
import type { Handlers, RunData, RunLabel, RunViewData, View } from './view';
import { count, featureName, many, percent, score } from './words';

export interface LabelHandlers extends Handlers {
  /** Looks now. */
  measureLabels(run: RunLabel): Promise<LabelAbsorption[]>;
  /** What rows of the data say. */
  textsOf(rows: readonly number[]): Promise<string[]>;
}

/** A label counts where its probe tells it at least so well. */
const LEAST_F1 = 0.6;

type Looked = 'not yet' | 'looking' | { step: number; labels: LabelAbsorption[] } | { failed: string };

export class LabelsView implements View<RunViewData> {
  private readonly element = document.createElement('figure');
  private data: RunViewData | null = null;
  private looked: Looked = 'not yet';
  private opened: number | null = null;
  private readonly texts = new Map<number, string>();
  private frame = 0;
  private world: unknown;

  constructor(
    root: HTMLElement,
    private readonly handlers: LabelHandlers,
  ) {
    this.element.className = 'sdl-figure sdl-labels';
    root.append(this.element);
  }

  update(data: RunViewData): void {
    this.data = data;
    // Another run than the one that was looked at.
    if (this.world !== data.run.world) {
      this.world = data.run.world;
      this.looked = 'not yet';
      this.opened = null;
    }
    this.invalidate();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    render(nothing, this.element);
    this.element.remove();
  }

  private invalidate(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.element.isConnected || !this.data) return;
      adoptStyles(this.element, labelsCss);
      render(this.template(this.data), this.element);
    });
  }

  private async look(): Promise<void> {
    const { run } = this.data ?? {};
    if (!run || this.looked === 'looking') return;
    const { world, label, frame } = run;
    this.looked = 'looking';
    this.invalidate();
    let next: Looked;
    try {
      next = { step: frame.step, labels: await this.handlers.measureLabels(label) };
    } catch (error) {
      next = { failed: error instanceof Error ? error.message : String(error) };
    }
    if (world !== this.world) return;
    this.looked = next;
    this.invalidate();
  }

  private async open(label: LabelAbsorption): Promise<void> {
    const closing = this.opened === label.label;
    this.opened = closing ? null : label.label;
    this.invalidate();
    if (closing) return;
    this.handlers.select({ kind: 'feature', feature: label.label });
    const rows = label.absorbers.flatMap(({ examples }) => examples).filter((row) => !this.texts.has(row));
    const texts = await this.handlers.textsOf(rows).catch(() => []);
    rows.forEach((row, i) => {
      if (texts[i] !== undefined) this.texts.set(row, texts[i]);
    });
    this.invalidate();
  }

  private template({ run }: RunViewData): TemplateResult {
    const { looked } = this;
    const done = typeof looked === 'object' && 'labels' in looked;
    return html`
      <p class="run" data-run=${run.label}>${run.label} · ${run.title}</p>
      <h3>Which labels are absorbed?</h3>
      <p class="finding">${done ? sentence(looked.labels) : 'A label is absorbed where its own latents are silent on its texts and another latent carries its direction.'}</p>
      <p class="ask">
        <button type="button" ?disabled=${looked === 'looking'} @click=${() => this.look()}>
          ${looked === 'looking' ? 'Looking through all texts…' : done ? 'Look again now' : 'Look now'}
        </button>
        ${done ? html`<span>as of step ${count(looked.step)}</span>` : nothing}
        ${typeof looked === 'object' && 'failed' in looked ? html`<span role="alert">${looked.failed}</span>` : nothing}
      </p>
      ${done ? this.list(run, looked.labels) : nothing}
      <figcaption class="caption">
        Probes are the class means. A label’s main latents are found by the feature-split rule: the one that tells it
        best, then others while each raises F1 by more than .03. Hatched: share of the texts the probe finds on which
        all mains are silent and one latent carries 0.4 of the probe or more (full); outlined: the absorption fraction.
        After Chanin et al. 2024 and SAEBench, without ablation.
      </figcaption>
    `;
  }

  private list(run: RunData, labels: LabelAbsorption[]): TemplateResult {
    const sorted = labels.toSorted((a, b) => order(b) - order(a));
    return html`<ul class="labels" data-run=${run.label}>${sorted.map((label) => this.row(run, label))}</ul>`;
  }

  private row(run: RunData, label: LabelAbsorption): TemplateResult {
    const name = featureName(run.world, label.label);
    const isOpen = this.opened === label.label;
    const width = (share: number) => `width: ${Math.round(100 * Math.min(1, share || 0))}%`;
    return html`<li ?data-faint=${label.probe_f1 < LEAST_F1}>
      <button type="button" class="label" aria-expanded=${isOpen} @click=${() => this.open(label)}>
        <span class="name">${name}</span>
        <span class="gauge" aria-hidden="true"
          ><i class="fraction" .style=${width(label.fractional)}></i><i class="full" .style=${width(label.full)}></i
        ></span>
        <span class="value">${percent(label.full)}</span>
      </button>
      ${isOpen ? this.details(run, label) : nothing}
    </li>`;
  }

  private details(run: RunData, label: LabelAbsorption): TemplateResult {
    const name = featureName(run.world, label.label);
    const latent = (latent: number) =>
      html`<button type="button" class="latent" @click=${() => this.handlers.select({ kind: 'latent', run: run.label, latent })}>latent ${latent}</button>`;
    return html`<div class="details">
      <p>
        The probe tells ${name} with F1 ${score(label.probe_f1)}${label.probe_f1 < LEAST_F1 ? ', too low to count' : ''} and finds
        ${many(label.rows, 'text')} of it. ${label.mains.length === 0 ? 'No latent tells it.' : html`Its own: ${label.mains.map(latent)} (F1 ${score(label.mains_f1)}).`}
        Absorbed in full on ${percent(label.full)}, fraction ${score(label.fractional)}.
      </p>
      ${label.absorbers.map(
        ({ latent: by, rows, examples }) => html`<p>${latent(by)} speaks for it on ${many(rows, 'text')}:</p>
          <ol class="texts">${examples.map((row) => html`<li>${this.texts.get(row) ?? '…'}</li>`)}</ol>`,
      )}
      ${label.absorbers.length === 0 ? html`<p>Nobody speaks for it where its own latents are silent.</p>` : nothing}
    </div>`;
  }
}

/** Labels that count first, by how much they are absorbed. */
const order = ({ probe_f1, full }: LabelAbsorption) => (probe_f1 < LEAST_F1 ? -1 : 0) + (full || 0);

function sentence(labels: LabelAbsorption[]): string {
  const counted = labels.filter(({ probe_f1, rows }) => probe_f1 >= LEAST_F1 && rows > 0);
  if (counted.length === 0) return `No probe tells its label with F1 of ${LEAST_F1} or more.`;
  const mean = (of: (label: LabelAbsorption) => number) =>
    counted.reduce((sum, label) => sum + of(label), 0) / counted.length;
  return `Over the ${count(counted.length)} of ${many(labels.length, 'label')} that their probes tell with F1 ≥ ${LEAST_F1}: full absorption ${score(mean(({ full }) => full))}, fraction ${score(mean(({ fractional }) => fractional))}.`;
}
