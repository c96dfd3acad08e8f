/**
 * The plane through the runs on screen: which plane, which loss, a button that draws it and one that calls it off.
 * Reads the runs when asked, hands them to a crew of workers, and shows what comes back, coarse first.
 */
import { html, nothing, render } from 'lit';
import type { Config } from '../engine';
import { inWords } from '../protocol';
import type { PackedRun } from '../session';
import { type PlaneData, PlaneView } from '../views/plane';
import type { RunData, RunLabel } from '../views/view';
import { PlaneCrew } from './crew';
import { type Pass, passes, SIDE } from './lattice';
import { PathRecord } from './paths';
import {
  type Basis,
  captionOf,
  type Drawn,
  findingOf,
  methodOf,
  pointOf,
  QUANTITIES,
  type Quantity,
} from './plane-words';

export type Pack = (label: RunLabel) => Promise<PackedRun>;

/** No pass is begun that would take longer than this by what points have cost so far. */
const LONGEST_PASS_MS = 45_000;
/** Multiply-adds of a batch; larger ones are cut, for each point of the plane costs one. */
const WORK = 2e8;
/** Points along the way from one run to the other. */
const BETWEEN = 33;
/** What is seen around the marks, as a share of their extent. */
const AROUND = 0.3;

type Choice = 'truth' | 'start' | 'around-A' | 'around-B';

/** One drawing: what was asked, and all that has come back. */
interface Drawing {
  basis: Basis;
  first: RunLabel;
  configs: Record<RunLabel, Config>;
  dimensions: number;
  report: Drawn['report'];
  box: PlaneData['box'];
  /** Three numbers a point, as the engine gives them. */
  atMarks: Float64Array;
  between: Float64Array;
  lattice: Float64Array;
  stride: number;
  paths: PlaneData['paths'];
}

export class PlanePanel {
  private readonly view: PlaneView;
  private readonly controls = document.createElement('div');
  private readonly figure = document.createElement('div');
  private readonly record = new PathRecord();
  private crew: PlaneCrew | undefined;
  private runs: RunData[] = [];
  private choice: Choice | undefined;
  private quantity: Quantity | undefined;
  /** By whose method, where these differ. */
  private by: RunLabel = 'A';
  private drawing: Drawing | undefined;
  private said = '';
  private values = new Map<string, Float64Array>();

  constructor(
    root: HTMLElement,
    private readonly pack: Pack,
  ) {
    this.controls.className = 'row';
    this.figure.hidden = true;
    root.append(this.controls, this.figure);
    this.view = new PlaneView(this.figure);
  }

  update(runs: RunData[]): void {
    const anew = runs[0].world !== this.runs[0]?.world;
    this.runs = runs;
    this.record.add(runs);
    if (!anew) return;
    this.record.clear();
    this.stop();
    this.drawing = undefined;
    this.figure.hidden = true;
    this.said = '';
    this.renderControls();
  }

  close(): void {
    this.stop();
    this.view.destroy();
  }

  private stop(): void {
    this.crew?.close();
    this.crew = undefined;
  }

  private async draw(): Promise<void> {
    this.stop();
    const crew = new PlaneCrew();
    this.crew = crew;
    const mine = () => this.crew === crew;
    this.say('Reading the weights…');
    try {
      const drawing = await this.open(crew);
      if (!mine()) return;
      this.drawing = drawing;
      this.values.clear();
      this.figure.hidden = false;
      await this.refine(crew, drawing);
      if (mine()) this.stop();
      this.renderControls();
    } catch (reason) {
      if (!mine()) return;
      this.stop();
      this.say(`No plane: ${inWords(reason)}`);
    }
  }

  private async open(crew: PlaneCrew): Promise<Drawing> {
    const choice = this.chosen();
    const around = choice === 'around-A' ? 'A' : choice === 'around-B' ? 'B' : undefined;
    const first = around ?? (this.methodsDiffer() ? this.by : 'A');
    const labels: RunLabel[] = around ? [around] : [first, first === 'A' ? 'B' : 'A'];
    const { n_input, n_target } = this.runs[0].world;
    const packed = await Promise.all(labels.map((label) => this.pack(label)));
    const configs = Object.fromEntries(this.runs.map(({ label, config }) => [label, config])) as Drawing['configs'];
    const basis: Basis = around ? 'around' : (choice as Basis);
    const report = await crew.open({
      kind: 'open',
      basis: JSON.stringify(around ? { around: packed[0].config.seed } : basis),
      packed: packed.map(({ packed }) => packed),
      configs: packed.map(({ config }) => config),
      rows: this.affordableRows(packed[0].config),
      file: packed[0].file,
    });
    const [from, to] = report.marks;
    const between = to ? Array.from({ length: BETWEEN }, (_, i) => share(from, to, i / (BETWEEN - 1))).flat() : [];
    const [atMarks, along, paths] = await Promise.all([
      crew.losses(report.marks.flatMap(({ x, y }) => [x, y])),
      crew.losses(between),
      around ? [] : this.record.paths(labels, crew),
    ]);
    return {
      basis,
      first,
      configs,
      dimensions: report.n_latent * (n_input + n_target),
      report,
      box: around ? { left: -1, right: 1, low: -1, high: 1 } : boxAround(report.marks),
      atMarks,
      between: along,
      lattice: new Float64Array(3 * SIDE * SIDE).fill(Number.NaN),
      stride: 0,
      paths,
    };
  }

  private async refine(crew: PlaneCrew, drawing: Drawing): Promise<void> {
    let costs = 0;
    for (const pass of passes()) {
      if (costs * pass.count > LONGEST_PASS_MS) {
        this.say(`${squared(drawing.stride)} points; the next pass would take long here.`);
        return;
      }
      this.say(`Refining to ${pass.side} × ${pass.side} points…`);
      const began = performance.now();
      await Promise.all(pass.lines.map((line) => this.line(crew, drawing, line)));
      costs = (performance.now() - began) / pass.count;
      drawing.stride = pass.stride;
      this.values.clear();
      this.show();
    }
    this.say(`${squared(drawing.stride)} points.`);
  }

  private async line(crew: PlaneCrew, { box, lattice }: Drawing, { row, columns }: Pass['lines'][number]) {
    const y = box.low + (row / (SIDE - 1)) * (box.high - box.low);
    const x = (column: number) => box.left + (column / (SIDE - 1)) * (box.right - box.left);
    const losses = await crew.losses(columns.flatMap((column) => [x(column), y]));
    for (const [i, column] of columns.entries())
      lattice.set(losses.subarray(3 * i, 3 * i + 3), 3 * (row * SIDE + column));
  }

  private show(): void {
    const { drawing } = this;
    if (!drawing || drawing.stride === 0) return;
    const quantity = this.quantityNow();
    const { first, report, stride, box, paths, basis } = drawing;
    const side = (SIDE - 1) / stride + 1;
    let values = this.values.get(quantity);
    if (!values) {
      values = Float64Array.from({ length: side * side }, (_, i) => {
        const at = Math.floor(i / side) * stride * SIDE + (i % side) * stride;
        return numberOf(drawing.lattice, at, quantity);
      });
      this.values.set(quantity, values);
    }
    const all = (of: Float64Array) => Array.from({ length: of.length / 3 }, (_, i) => numberOf(of, i, quantity));
    const drawn: Drawn = {
      ...drawing,
      quantity,
      values,
      atMarks: all(drawing.atMarks),
      between: all(drawing.between),
    };
    const second = first === 'A' ? 'B' : 'A';
    this.view.update({
      values,
      side,
      box,
      points: report.marks.map((mark) => pointOf(mark, first)),
      paths,
      distances: basis !== 'around',
      axes:
        basis === 'around'
          ? ['α, in lengths of the weights', 'β, in lengths of the weights']
          : [`distance from ${first} towards ${second}`, 'distance at a right angle to it, towards the third point'],
      quantity: QUANTITIES[quantity].short,
      finding: findingOf(drawn),
      caption: captionOf(drawn),
    });
  }

  private say(text: string): void {
    this.said = text;
    this.renderControls();
  }

  private renderControls(): void {
    const truth = this.runs[0]?.config.source === 'bench';
    const options: [Choice, string, boolean][] = [
      ['truth', 'A, B and the truth', truth],
      ['start', 'A, B and the start of A', true],
      ['around-A', 'around A, two random directions', true],
      ['around-B', 'around B, two random directions', true],
    ];
    const busy = this.crew !== undefined;
    const quantities = (Object.keys(QUANTITIES) as Quantity[]).filter((q) => q !== 'approx' || this.hasApprox());
    const choose = (event: Event) => {
      this.choice = pickedIn(event) as Choice;
      this.renderControls();
    };
    const weigh = (event: Event) => {
      this.quantity = pickedIn(event) as Quantity;
      this.show();
      this.renderControls();
    };
    const by = (event: Event) => {
      this.by = pickedIn(event) as RunLabel;
    };
    render(
      html`
        <label>Plane
          <select class="plane-choice" @change=${choose}>
            ${options
              .filter(([, , there]) => there)
              .map(([id, name]) => html`<option value=${id} ?selected=${id === this.chosen()}>${name}</option>`)}
          </select>
        </label>
        <label>Loss
          <select class="plane-loss" @change=${weigh}>
            ${quantities.map((id) => html`<option value=${id} ?selected=${id === this.quantityNow()}>${QUANTITIES[id].name}</option>`)}
          </select>
        </label>
        ${
          this.methodsDiffer() && !this.chosen().startsWith('around')
            ? html`<label>by the method of
                <select @change=${by}>
                  ${(['A', 'B'] as const).map((label) => html`<option ?selected=${label === this.by}>${label}</option>`)}
                </select>
              </label>`
            : nothing
        }
        <button class="plane-draw" ?disabled=${busy || this.runs.length === 0} @click=${() => this.draw()}>Draw the plane now</button>
        ${busy ? html`<button class="plane-cancel" @click=${() => this.cancel()}>Cancel</button>` : nothing}
        <p class="said" role="status">${this.said}</p>
      `,
      this.controls,
    );
  }

  private cancel(): void {
    this.stop();
    const { stride = 0 } = this.drawing ?? {};
    this.say(stride > 0 ? `Called off at ${squared(stride)} points.` : 'Called off.');
    this.controls.querySelector<HTMLElement>('.plane-draw')?.focus();
  }

  private chosen(): Choice {
    const truth = this.runs[0]?.config.source === 'bench';
    return this.choice && (truth || this.choice !== 'truth') ? this.choice : truth ? 'truth' : 'start';
  }

  private quantityNow(): Quantity {
    const { quantity } = this;
    return quantity && (quantity !== 'approx' || this.hasApprox()) ? quantity : this.hasApprox() ? 'approx' : 'sse';
  }

  private hasApprox(): boolean {
    return this.runs[0]?.frame.metrics.approx_loss !== null;
  }

  private methodsDiffer(): boolean {
    const [a, b] = this.runs;
    return b !== undefined && methodOf(a.config) !== methodOf(b.config);
  }

  private affordableRows({ scoring, model }: Config): number {
    const { n_input, n_target } = this.runs[0].world;
    const rows = Math.floor(WORK / (model.n_latent * (n_input + n_target)));
    return Math.max(64, Math.min(scoring.rows, rows));
  }
}

/** The marks and what is around them, as high as wide, so that the picture has one scale. */
function boxAround(marks: readonly { x: number; y: number }[]): PlaneData['box'] {
  const [xs, ys] = [marks.map(({ x }) => x), marks.map(({ y }) => y)];
  const middle = (of: number[]) => (Math.min(...of) + Math.max(...of)) / 2;
  const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const half = (0.5 + AROUND) * extent;
  const [x, y] = [middle(xs), middle(ys)];
  return { left: x - half, right: x + half, low: y - half, high: y + half };
}

function numberOf(losses: Float64Array, at: number, quantity: Quantity): number {
  const [sse, penalty, approx] = losses.subarray(3 * at, 3 * at + 3);
  return quantity === 'approx' ? approx : quantity === 'sse' ? sse : sse + penalty;
}

const share = (from: { x: number; y: number }, to: { x: number; y: number }, t: number) => [
  from.x + t * (to.x - from.x),
  from.y + t * (to.y - from.y),
];

const squared = (stride: number) => `${(SIDE - 1) / stride + 1} × ${(SIDE - 1) / stride + 1}`;
const pickedIn = (event: Event) => (event.target as HTMLSelectElement).value;
