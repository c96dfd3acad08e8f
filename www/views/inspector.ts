/**
 * What is this? Explains what is selected in words and numbers: a feature, a latent or, with nothing selected, the runs.
 *
 * Every number opens to its meaning and formula. For real data a latent shows the texts that fire it most, which
 * the page fetches when `wantTexts` asks and hands to `showTexts`.
 */
import { html, nothing, render, type TemplateResult } from 'lit';
import { approximateDefinition, type Definition, definitions, matchDefinition } from './definitions';
import { inspectorCss } from './inspector-style';
import { sourceName } from './source-words';
import { adoptStyles } from './style';
import { featureVerdict, latentVerdict, patternOf, scaleFree } from './verdicts';
import type { CompareViewData, Handlers, RunData, RunLabel, Selection, View } from './view';
import * as words from './words';

export interface InspectorHandlers extends Handlers {
  /** Asks for the texts that fire a latent most; answered by `showTexts`. Real data only. */
  wantTexts(run: RunLabel, latent: number): void;
}

export interface TextRow {
  text: string;
  label: string;
  activation: number;
}

/** The name under which texts of a latent are handed over, such as "A:12". */
export const latentKey = (run: RunLabel, latent: number) => `${run}:${latent}`;

/** A number's definition and its value in each run shown. */
interface Fact {
  definition: Definition;
  values: string[];
}

export class InspectorView implements View<CompareViewData> {
  private readonly element = document.createElement('section');
  private data: CompareViewData | null = null;
  private texts: { key: string; rows: TextRow[] | 'loading'; step: number } | null = null;
  private frame = 0;

  constructor(
    root: HTMLElement,
    private readonly handlers: InspectorHandlers,
  ) {
    this.element.className = 'sdl-figure sdl-inspector';
    this.element.setAttribute('aria-label', 'Inspector');
    root.append(this.element);
  }

  update(data: CompareViewData): void {
    const before = this.data?.selected ?? null;
    this.data = data;
    if (!words.sameSelection(before, data.selected)) this.ask(data.selected);
    this.invalidate();
  }

  /** Texts for a latent, or that they are on their way; those of a latent no longer selected are dropped. */
  showTexts(key: string, rows: TextRow[] | 'loading'): void {
    const { selected } = this.data ?? {};
    if (selected?.kind !== 'latent' || latentKey(selected.run, selected.latent) !== key) return;
    this.texts = { key, rows, step: this.run(selected.run)?.frame.step ?? 0 };
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
      adoptStyles(this.element, inspectorCss);
      render(this.explain(this.data), this.element);
    });
  }

  private ask(selection: Selection): void {
    this.texts = null;
    if (selection?.kind !== 'latent') return;
    if (this.run(selection.run)?.world.n_rows) this.handlers.wantTexts(selection.run, selection.latent);
  }

  private explain(data: CompareViewData): TemplateResult {
    const { selected } = data;
    if (selected?.kind === 'feature' && selected.feature < (data.runs[0]?.world.n_features ?? 0))
      return this.explainFeature(data, selected.feature);
    if (selected?.kind === 'latent') {
      const run = this.run(selected.run);
      if (run && selected.latent < run.config.model.n_latent) return this.explainLatent(run, data, selected.latent);
    }
    return this.explainRuns(data);
  }

  private explainFeature({ runs, basis }: CompareViewData, feature: number): TemplateResult {
    const metrics = runs.map((run) => run.frame.metrics);
    const recoveries = metrics.map((of) => words.recoveryOf(of, basis));
    const facts: Fact[] = [
      { definition: definitions.bestLatent, values: recoveries.map((of) => String(of.latent[feature])) },
      { definition: matchDefinition(basis), values: recoveries.map((of) => words.score(of.score[feature])) },
      {
        definition: definitions.latentsPerFeature,
        values: metrics.map((of) => words.count(of.latents_per_feature[feature])),
      },
      { definition: definitions.lossAlone, values: metrics.map((of) => words.loss(of.loss_per_feature[feature])) },
    ];
    const scored = metrics[0]?.scored[feature] === 1;
    return html`
      ${this.head(words.capital(words.featureName(runs[0].world, feature)), runs[0].world.names ? `feature ${feature}` : 'true direction')}
      ${runs.map((run) => html`<p class="verdict"><b data-run=${run.label}>${run.label}</b> ${featureVerdict(run, basis, feature)}</p>`)}
      ${scored ? nothing : html`<p class="note">It is anchored in one of the runs, so it counts for recovery in neither.</p>`}
      ${factList(
        facts,
        runs.map((run) => run.label),
      )}
      <p class="go">
        ${runs.map((run, i) => this.link(`${run.label}: latent ${recoveries[i].latent[feature]}`, { kind: 'latent', run: run.label, latent: recoveries[i].latent[feature] }))}
      </p>
    `;
  }

  private explainLatent(run: RunData, { basis }: CompareViewData, latent: number): TemplateResult {
    const { frame, world } = run;
    const { metrics } = frame;
    const decoder = words.bestFeature(frame.decoder, world.directions_out, world.n_target, latent);
    const hasEncoder = frame.encoder.length > 0;
    const encoder = words.bestFeature(frame.encoder, world.directions_in, world.n_input, latent);
    const answers = patternOf(metrics, world.n_features, latent);
    const facts: Fact[] = [
      { definition: definitions.density, values: [words.percent(metrics.density[latent])] },
      { definition: definitions.sinceFired, values: [words.count(metrics.since_fired[latent])] },
      { definition: definitions.featuresPerLatent, values: [words.count(metrics.features_per_latent[latent])] },
      { definition: definitions.decoderCosine, values: [words.score(decoder.cosine)] },
      ...(hasEncoder ? [{ definition: definitions.encoderCosine, values: [words.score(encoder.cosine)] }] : []),
      { definition: definitions.decoderNorm, values: [words.score(words.norm(frame.decoder, world.n_target, latent))] },
      ...(hasEncoder
        ? [
            {
              definition: definitions.encoderNorm,
              values: [words.score(words.norm(frame.encoder, world.n_input, latent))],
            },
          ]
        : []),
      ...(frame.theta.length > 0
        ? [{ definition: definitions.theta, values: [words.score(frame.theta[latent])] }]
        : []),
      ...sourceFacts(run, latent),
    ];
    const best = words.sideOf(basis) === 'encoder' && hasEncoder ? encoder.feature : decoder.feature;
    const listed = [...new Set([best, ...(answers ?? [])])].slice(0, 8);
    return html`
      ${this.head(`Latent ${latent}`, html`of <b data-run=${run.label}>${run.label} · ${run.title}</b>`)}
      <p class="verdict">${latentVerdict(run, latent, decoder.feature)}</p>
      ${factList(facts, [run.label])}
      <p class="go">
        ${listed.map((d) =>
          this.link(`${words.featureName(world, d)}${d === best ? ' (nearest)' : ''}`, { kind: 'feature', feature: d }),
        )}
        ${answers && answers.length > listed.length ? html`<span>and ${answers.length - listed.length} more</span>` : nothing}
      </p>
      ${world.n_rows ? this.explainTexts(run, latent) : nothing}
    `;
  }

  private explainTexts(run: RunData, latent: number): TemplateResult {
    const { texts } = this;
    const refresh = html`<button type="button" @click=${() => this.handlers.wantTexts(run.label, latent)}>Look again now</button>`;
    const head = html`<h4>Texts that fire it most</h4>`;
    if (texts?.rows === 'loading' || !texts)
      return html`${head}<p class="note" aria-busy="true">Looking through ${words.count(run.world.n_rows)} texts…</p>`;
    if (texts.rows.length === 0) return html`${head}<p class="note">No text fires it.</p>${refresh}`;
    const most = Math.max(...texts.rows.map((row) => row.activation), 1e-12);
    return html`
      ${head}
      <ol class="texts">
        ${texts.rows.map(
          (row) => html`<li>
            <span class="bar" data-run=${run.label}><i .style=${`width: ${Math.max(2, (100 * row.activation) / most)}%`}></i></span>
            <span class="activation">${words.loss(row.activation)}</span> ${row.text} ${row.label ? html`<em>${row.label}</em>` : nothing}
          </li>`,
        )}
      </ol>
      <p class="note">Strength of the latent on each, as of step ${words.count(texts.step)}.</p>
      ${refresh}
    `;
  }

  private explainRuns({ runs, basis }: CompareViewData): TemplateResult {
    const [first] = runs;
    if (!first) return html`<h3>Nothing runs yet</h3>`;
    const metrics = runs.map((run) => run.frame.metrics);
    const each = (value: (run: RunData) => string) => runs.map(value);
    const approximate = metrics.some((of) => of.approx_loss !== null);
    const facts: Fact[] = [
      { definition: definitions.step, values: each((run) => words.count(run.frame.step)) },
      { definition: definitions.error, values: each((run) => words.loss(run.frame.metrics.sse)) },
      ...(approximate
        ? [
            {
              definition: approximateDefinition(runs.every((run) => scaleFree(run.config))),
              values: each((run) => words.loss(run.frame.metrics.approx_loss ?? Number.NaN)),
            },
          ]
        : []),
      { definition: definitions.variance, values: each((run) => words.percent(run.frame.metrics.explained_variance)) },
      {
        definition: runs.some((run) => run.config.model.activation === 'batch_top_k')
          ? definitions.l0Threshold
          : definitions.l0,
        values: each((run) => words.mean(run.frame.metrics.l0)),
      },
      ...(first.world.true_l0 === null
        ? []
        : [{ definition: definitions.trueL0, values: each((run) => words.mean(run.world.true_l0 ?? Number.NaN)) }]),
      {
        definition: definitions.mip,
        values: each((run) => words.score(words.recoveryOf(run.frame.metrics, basis).mip)),
      },
      {
        definition: definitions.mgt,
        values: each((run) => words.percent(words.recoveryOf(run.frame.metrics, basis).mgt)),
      },
      { definition: definitions.mcc, values: each((run) => words.score(run.frame.metrics.mcc ?? Number.NaN)) },
      { definition: definitions.f1, values: each((run) => words.score(run.frame.metrics.f1 ?? Number.NaN)) },
      { definition: definitions.shrinkage, values: each((run) => words.percent(run.frame.metrics.shrinkage)) },
      { definition: definitions.polysemantic, values: each((run) => words.count(run.frame.metrics.n_polysemantic)) },
      { definition: definitions.deadCount, values: each((run) => words.count(run.frame.metrics.n_dead)) },
    ];
    return html`
      <h3>How to read this page</h3>
      <p class="verdict">
        ${words.many(first.world.n_features, 'feature')} live in ${spaceWords(first)}. Each run learns
        ${words.many(first.config.model.n_latent, 'latent')} that should each come to stand for one of them. ${first.world.statement}
      </p>
      <p class="verdict">
        ${runs.map((run, i) => html`${i ? ', ' : ''}<b data-run=${run.label}>${run.label}</b> is ${run.title}`)}. Point at a mark to
        find it in every figure; click it to read about it here. Open a number for its meaning.
      </p>
      ${factList(
        facts,
        runs.map((run) => run.label),
      )}
    `;
  }

  private head(title: string, sub: string | TemplateResult): TemplateResult {
    return html`
      <div class="head">
        <h3>${title}</h3>
        <span class="sub">${sub}</span>
        <button type="button" class="clear" aria-label="Clear the selection" @click=${() => this.handlers.select(null)}>×</button>
      </div>
    `;
  }

  private link(text: string, selection: Selection): TemplateResult {
    return html`<button
      type="button"
      @click=${() => this.handlers.select(selection)}
      @pointerenter=${() => this.handlers.hover(selection)}
      @pointerleave=${() => this.handlers.hover(null)}
    >
      ${text}
    </button>`;
  }

  private run(label: RunLabel): RunData | undefined {
    return this.data?.runs.find((run) => run.label === label);
  }
}

/** A crosscoder's latent: how much it writes to each source, and whether the same. */
function sourceFacts(run: RunData, latent: number): Fact[] {
  const { sources } = run.frame.metrics;
  const m = run.world.n_sources;
  if (!sources) return [];
  const shares = Array.from({ length: m }, (_, s) => ({ s, share: sources.share[latent * m + s] }));
  // Of many sources those that it writes to most.
  const most = shares.toSorted((a, b) => b.share - a.share).slice(0, 4);
  const shown = shares.filter((of) => most.includes(of));
  return [
    ...shown.map(({ s, share }) => ({
      definition: { ...definitions.sourceShare, term: `written to ${sourceName(run, s)}` },
      values: [words.percent(share)],
    })),
    { definition: definitions.sourceCosine, values: [words.score(sources.cosine[latent])] },
  ];
}

/** "16 dimensions", "16 dimensions and, as the target, in 24 others", "2 sources of 16 dimensions". */
function spaceWords({ world, config }: RunData): string {
  if (world.n_sources > 1)
    return `${words.count(world.n_sources)} sources of ${words.many(world.n_input / world.n_sources, 'dimension')} each`;
  const input = words.many(world.n_input, 'dimension');
  return config.model.task === 'transcoder'
    ? `${input}, and have other directions in the ${words.count(world.n_target)} of the target`
    : input;
}

/** One line a number; opened, it says what the number is. With two runs the columns are headed A and B. */
function factList(facts: Fact[], labels: RunLabel[]): TemplateResult {
  return html`
    <div class="facts" .style=${`--columns: ${labels.length}`}>
      ${
        labels.length > 1
          ? html`<div class="columns" aria-hidden="true"><span></span>${labels.map((label) => html`<b data-run=${label}>${label}</b>`)}</div>`
          : nothing
      }
      ${facts.map(
        ({ definition, values }) => html`<details>
          <summary title=${definition.meaning}>
            <span>${definition.term}</span>${values.map(
              (value, i) =>
                html`<span class="value"
                  >${labels.length > 1 ? html`<span class="spoken">${labels[i]}</span>` : nothing}${value}</span
                >`,
            )}
          </summary>
          <p>${definition.meaning}</p>
          <p class="formula">${definition.formula}</p>
        </details>`,
      )}
    </div>
  `;
}
