/**
 * The gallery: all views, linked, fed with made-up runs. `?case=plane|sphere|projection|named|families|large&at=0…1&play&diverged&theme=dark`.
 *
 * `window.timeViews()` measures the drawing of one frame by all views.
 */
import { themeCss } from '../theme';
import { CurvesView } from './curves';
import { DirectionsView } from './directions';
import { InspectorView } from './inspector';
import { SimilarityView } from './similarity';
import { StripView } from './strip';
import { diverge, makeRun, makeWorld, type Shape } from './synthetic';
import { ThresholdView } from './threshold';
import { TreeView } from './tree';
import type { Basis, CompareViewData, RunViewData, Selection, View } from './view';

const cases: Record<string, Shape> = {
  plane: { n_features: 5, n_input: 2, n_latent: 8, anchors: 2, dead: 2, polysemantic: 1 },
  sphere: { n_features: 12, n_input: 3, n_latent: 16, anchors: 3, dead: 3, polysemantic: 2 },
  projection: { n_features: 32, n_input: 16, n_latent: 64, anchors: 8, dead: 9, polysemantic: 8 },
  named: {
    n_features: 12,
    n_input: 24,
    n_latent: 40,
    anchors: 4,
    dead: 5,
    polysemantic: 4,
    names: 'dog bird fish tree flower tool vehicle food furniture clothing building instrument'.split(' '),
  },
  large: { n_features: 128, n_input: 64, n_latent: 512, anchors: 30, dead: 60, polysemantic: 50 },
  huge: { n_features: 1000, n_input: 48, n_latent: 512, anchors: 100, dead: 60, polysemantic: 50 },
};

cases.families = { n_features: 20, n_input: 32, n_latent: 20, polysemantic: 3, parents: 4 };

// What a model too large to send whole looks like.
cases.subset = { n_features: 200, n_input: 32, n_latent: 1500, anchors: 10, dead: 100, polysemantic: 100, sent: 256 };

const query = new URLSearchParams(location.search);
const name = query.get('case') ?? 'projection';
const shape = cases[name] ?? cases.projection;
const basis = (query.get('basis') ?? 'decoder_cosine') as Basis;
const theme = query.get('theme');
if (theme) document.documentElement.dataset.theme = theme;
const sheet = new CSSStyleSheet();
sheet.replaceSync(themeCss);
document.adoptedStyleSheets.push(sheet);

for (const label of Object.keys(cases)) {
  const link = document.createElement('a');
  link.href = `?${new URLSearchParams({ ...Object.fromEntries(query), case: label })}`;
  link.textContent = label;
  document.querySelector('nav')?.append(link);
}

const page = document.querySelector('main') as HTMLElement;
const columns = [column(), column(), column()];
const wide = document.createElement('div');
wide.className = 'wide';
page.append(wide);

let hover: Selection = null;
let selected: Selection = JSON.parse(query.get('selected') ?? 'null');
const handlers = {
  hover(selection: Selection) {
    hover = selection;
    update();
  },
  select(selection: Selection) {
    selected = selection;
    update();
  },
  wantTexts(run: string, latent: number) {
    const key = `${run}:${latent}`;
    inspector.showTexts(key, 'loading');
    setTimeout(() => {
      const text = 'retriever: a dog with heavy water-resistant coat that can be trained to retrieve game';
      inspector.showTexts(
        key,
        [3.1, 2.7, 1.2].map((activation, i) => ({ text, label: shape.names?.[i] ?? '', activation })),
      );
    }, 300);
  },
};

const runViews: View<RunViewData>[][] = [0, 1].map((i) => [
  new DirectionsView(slot(columns[i]), handlers),
  new SimilarityView(slot(columns[i]), handlers),
  new StripView(slot(columns[i]), handlers),
  ...(shape.parents ? [new TreeView(slot(columns[i]), handlers)] : []),
]);
const inspector = new InspectorView(slot(columns[2]), handlers);
const compareViews: View<CompareViewData>[] = [
  new CurvesView(slot(wide), handlers),
  new ThresholdView(slot(wide), handlers),
  inspector,
];

const world = makeWorld(shape);
let progress = Number(query.get('at') ?? 0.7);
let runs = [makeRun('A', shape, world, progress), makeRun('B', shape, world, progress)];

function update(): void {
  runs.forEach((run, i) => {
    for (const view of runViews[i]) view.update({ run, basis, hover, selected });
  });
  for (const view of compareViews) view.update({ runs, basis, hover, selected });
}

function advance(to: number): void {
  progress = to;
  advanceQuietly(to);
  update();
}

function advanceQuietly(to: number): void {
  runs = [makeRun('A', shape, world, to), makeRun('B', shape, world, to)];
  if (query.has('diverged')) runs[1] = diverge(runs[1]);
}

// Some frames before the one asked for, so that there are trails.
for (let back = 12; back >= 0; back--) advance(Math.max(0, progress - (back ? 0.004 : -0.044)));

if (query.has('play')) {
  const tick = () => {
    advance(progress >= 1 ? 0 : progress + 0.002);
    setTimeout(() => requestAnimationFrame(tick), 50);
  };
  tick();
}

Object.assign(window, {
  /** Milliseconds that all views take to update and draw one frame: the median and the longest of `n`. */
  async timeViews(n = 30): Promise<{ median: number; most: number }> {
    const schedule = window.requestAnimationFrame;
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      advanceQuietly(progress - i * 1e-4);
      // What the views would do at the next animation frame is done here and now, so that it can be timed.
      const due: FrameRequestCallback[] = [];
      window.requestAnimationFrame = (callback) => due.push(callback);
      const start = performance.now();
      update();
      for (const callback of due) callback(start);
      times.push(performance.now() - start);
      window.requestAnimationFrame = schedule;
      await new Promise((done) => setTimeout(done, 20));
    }
    times.sort((a, b) => a - b);
    return { median: times[n >> 1], most: times[n - 1] };
  },
  advance,
});

function column(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'column';
  page.append(element);
  return element;
}

function slot(parent: HTMLElement): HTMLElement {
  const element = document.createElement('div');
  parent.append(element);
  return element;
}
