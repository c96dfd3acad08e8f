/**
 * The figures: where each stands, and how a picture of all of them is painted without holding up the page.
 *
 * Figures draw in the animation frame after their update, so only as many are updated at once as one frame can
 * draw; figures that nobody can see are painted once a second and when they come into sight.
 */
import { LABELS } from './state';
import { CurvesView } from './views/curves';
import { DirectionsView } from './views/directions';
import { InspectorView } from './views/inspector';
import type { LabelHandlers } from './views/labels';
import { SimilarityView } from './views/similarity';
import { StripView } from './views/strip';
import { ThresholdView } from './views/threshold';
import type { Basis, RunData, RunLabel, RunViewData, Selection, View } from './views/view';

/** A frame that spends longer on drawing gets fewer figures next time, one that spends less than half of it more. */
const BUDGET_MS = 16;
const UNSEEN_EVERY_MS = 1000;

export interface Shown {
  runs: RunData[];
  basis: Basis;
  hover: Selection;
  selected: Selection;
}

interface Figure {
  root: HTMLElement;
  inSight: boolean;
  /** When it last was; figures out of sight are painted rarely. */
  painted: number;
  view: View<never>;
  paint(shown: Shown): void;
}

export class Stage {
  private readonly figures: Figure[] = [];
  private readonly inspector: InspectorView;
  private readonly observer: IntersectionObserver;
  /** Fetch what there is something to show for, in sight or not. */
  private readonly late: ((shown: Shown) => void)[] = [];
  private shown: Shown | undefined;
  private pass: Promise<void> | undefined;
  private stale = false;
  /** Figures updated in one frame. */
  private atOnce = 2;

  /** `root` holds one element `[data-figure=name]` for each figure, `name-A` and `name-B` where each run has one. */
  constructor(
    private readonly root: HTMLElement,
    handlers: LabelHandlers & { wantTexts(run: RunLabel, latent: number): void },
  ) {
    this.observer = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: '100px' });
    for (const [i, label] of LABELS.entries()) {
      for (const [name, Kind] of [
        ['directions', DirectionsView],
        ['similarity', SimilarityView],
        ['strip', StripView],
      ] as const) {
        this.add(`${name}-${label}`, (at) => {
          const view = new Kind(at, handlers);
          const paint = ({ runs, ...look }: Shown) => view.update({ run: runs[i], ...look });
          return { view, paint };
        });
      }
      const sources = async () => (await import('./views/sources')).SourcesView;
      this.addLate(`sources-${label}`, i, ({ frame }) => frame.metrics.sources !== null, sources, handlers);
      const tree = async () => (await import('./views/tree')).TreeView;
      this.addLate(`tree-${label}`, i, ({ frame }) => frame.metrics.absorption !== null, tree, handlers);
      const labels = async () => (await import('./views/labels')).LabelsView;
      this.addLate(`labels-${label}`, i, ({ world }) => world.labels !== null, labels, handlers);
    }
    for (const [name, Kind] of [
      ['curves', CurvesView],
      ['threshold', ThresholdView],
    ] as const) {
      this.add(name, (at) => {
        const view = new Kind(at, handlers);
        return { view, paint: (shown) => view.update(shown) };
      });
    }
    this.inspector = new InspectorView(this.at('inspector'), handlers);
    const { inspector } = this;
    this.add('inspector', () => ({ view: inspector, paint: (shown) => inspector.update(shown) }));
  }

  /** Settles when everything in sight shows these data, or newer ones. */
  async draw(shown: Shown): Promise<void> {
    this.shown = shown;
    this.stale = true;
    for (const look of this.late) look(shown);
    this.pass ??= this.paint();
    await this.pass;
  }

  showTexts(...texts: Parameters<InspectorView['showTexts']>): void {
    this.inspector.showTexts(...texts);
  }

  destroy(): void {
    this.observer.disconnect();
    for (const { view } of this.figures) view.destroy();
    this.shown = undefined;
  }

  private async paint(): Promise<void> {
    while (this.stale) {
      this.stale = false;
      let left = this.atOnce;
      for (const figure of this.figures) {
        if (!this.shown) break;
        const now = performance.now();
        if (!figure.inSight && now - figure.painted < UNSEEN_EVERY_MS) continue;
        figure.paint(this.shown);
        figure.painted = now;
        if (--left > 0) continue;
        this.learn(await frameDrawn());
        left = this.atOnce;
      }
      if (left < this.atOnce) await frameDrawn();
    }
    this.pass = undefined;
  }

  private learn(milliseconds: number): void {
    if (milliseconds > BUDGET_MS) this.atOnce = Math.max(1, this.atOnce - 1);
    else if (milliseconds < BUDGET_MS / 2) this.atOnce = Math.min(this.figures.length, this.atOnce + 1);
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    let news = false;
    for (const entry of entries) {
      const figure = this.figures.find(({ root }) => root === entry.target);
      if (!figure) continue;
      news ||= entry.isIntersecting && !figure.inSight;
      figure.inSight = entry.isIntersecting;
    }
    if (news && this.shown) this.draw(this.shown);
  }

  private add(name: string, make: (at: HTMLElement) => { view: View<never>; paint(shown: Shown): void }): void {
    const root = this.at(name);
    this.figures.push({ root, inSight: true, painted: Number.NEGATIVE_INFINITY, ...make(root) });
    this.observer.observe(root);
  }

  /** A figure of run `i` whose code is fetched when there is first something for it to show. */
  private addLate(
    name: string,
    i: number,
    wanted: (run: RunData) => boolean,
    load: () => Promise<new (at: HTMLElement, handlers: LabelHandlers) => View<RunViewData>>,
    handlers: LabelHandlers,
  ): void {
    let view: View<RunViewData> | undefined;
    let asked = false;
    const paint = ({ runs, ...look }: Shown) => {
      if (wanted(runs[i])) view?.update({ run: runs[i], ...look });
    };
    this.add(name, () => ({ view: { update() {}, destroy: () => view?.destroy() }, paint }));
    this.late.push(({ runs }) => {
      if (asked || !wanted(runs[i])) return;
      asked = true;
      load().then(
        (Kind) => {
          if (!this.shown) return;
          view = new Kind(this.at(name), handlers);
          paint(this.shown);
        },
        () => {
          asked = false;
        },
      );
    });
  }

  private at(name: string): HTMLElement {
    const element = this.root.querySelector<HTMLElement>(`[data-figure="${name}"]`);
    if (!element) throw new Error(`The layout has no place for the figure “${name}”.`);
    return element;
  }
}

/** Milliseconds that the next animation frame has spent drawing: callbacks registered earlier run before this one. */
function frameDrawn(): Promise<number> {
  return new Promise((resolve) => {
    // A page that goes out of sight gets no more frames; training must not wait for one.
    const unseen = setTimeout(resolve, 300, 0);
    requestAnimationFrame((began) => {
      clearTimeout(unseen);
      resolve(performance.now() - began);
    });
  });
}
