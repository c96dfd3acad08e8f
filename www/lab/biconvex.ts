/** Piecewise biconvexity on a segment whose end the visitor drags: two encoder rows in the plane. */
import { html, render } from 'lit';
import { adoptStyles } from '../views/style';
import { Cancelled } from './pool';
import type { RoomModule } from './rooms';
import type { Biconvex, Line, Midpoint, World } from './theorems/answers';
import { chart, sample } from './theorems/chart';
import { plane } from './theorems/plane';
import { places, SizedFigure } from './theorems/sized';
import css from './theorems/theorems.css?inline';
import { number, patternText } from './theorems/words';

const STEPS = 160;
/** What is below is rounding. */
const ROUNDING = 1e-12;
const angle = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];

type Block = keyof Biconvex;
const BLOCKS: readonly { id: Block; name: string; about: string; dash: string; hue: string }[] = [
  { id: 'encoder', name: 'W_E moves, W_D stays', about: 'in W_E', dash: 'none', hue: 'var(--sdl-a)' },
  { id: 'decoder', name: 'W_D moves, W_E stays', about: 'in W_D', dash: '8 4', hue: 'var(--sdl-b)' },
  { id: 'both', name: 'both move', about: 'in both at once', dash: '2 3', hue: 'var(--sdl-ink)' },
];

export const open: RoomModule['open'] = (at, { pool }) => {
  adoptStyles(at, css);
  const directions = [angle(80), angle(10), angle(-60)];
  let topOne = false;
  const from = { encoder: [angle(100), angle(-20)], decoder: [angle(110), angle(-30)] };
  const to = {
    encoder: [angle(-45), angle(60).map((x) => 1.1 * x)],
    decoder: [angle(20).map((x) => 1.2 * x), angle(70)],
  };
  let shown: Block = 'encoder';
  let report: Biconvex | undefined;
  let busy = false;
  let stale = false;
  let left = false;
  render(
    html`<div data-at="controls"></div><div class="cards"><div data-at="plane"></div><div data-at="chart"></div></div>`,
    at,
  );
  const where = places(at, 'controls', 'plane', 'chart');
  const picture = new SizedFigure(where.plane);
  const figure = new SizedFigure(where.chart);
  const world = (): World => ({
    directions_in: directions,
    directions_out: directions,
    mass: [1, 1, 1],
    sigma: topOne ? { top_k: 1 } : 'relu',
  });

  /** One question at a time; what changed meanwhile is asked when the answer is there. */
  async function ask(): Promise<void> {
    draw();
    if (busy) {
      stale = true;
      return;
    }
    busy = true;
    try {
      do {
        stale = false;
        report = await pool.ask<Biconvex>({ ask: 'biconvex', world: world(), from, to, steps: STEPS });
        if (!left) draw();
      } while (stale && !left);
    } catch (error) {
      if (!left && !(error instanceof Cancelled))
        render(html`<p class="verdict" data-is="no" role="status">${(error as Error).message}</p>`, where.chart);
    }
    busy = false;
  }

  function draw(): void {
    render(controls(), where.controls);
    const moves = shown === 'decoder' ? ('decoder' as const) : ('encoder' as const);
    const hue = moves === 'encoder' ? 'var(--sdl-a)' : 'var(--sdl-b)';
    picture.show({
      title: 'Drag the end of the segment',
      finding: `${moves === 'encoder' ? 'Encoder rows' : 'Decoder columns'} of two latents: grey at the start of the segment, with a handle at its end.`,
      caption: 'Hollow points are the features. Handles also move with the arrow keys.',
      draw: (width) =>
        plane(
          {
            features: directions,
            label: 'Start and end of the segment in the plane',
            reach: 1.5,
            arrows: [
              ...from[moves].map((v, i) => ({
                to: v,
                kind: moves,
                name: `start of latent ${i + 1}`,
                hue: 'var(--sdl-dead)',
              })),
              ...to[moves].map((v, i) => ({
                to: v,
                kind: moves,
                name: `latent ${i + 1}`,
                hue,
                move: (tip: [number, number]) => {
                  to[moves][i] = tip.map((x) => Math.max(-1.45, Math.min(1.45, x)));
                  ask();
                },
              })),
            ],
          },
          width,
        ),
    });
    if (!report) return;
    const block = BLOCKS.find((b) => b.id === shown) ?? BLOCKS[0];
    const line = report[shown];
    figure.show({
      title: `Is L̃ convex ${block.about}?`,
      finding: finding(line, shown),
      keys: [{ name: block.name, mark: sample(block) }],
      caption: html`Vertical lines are boundaries between activation patterns, which are in order ${line.patterns.map((p) => patternText(p)).join(' → ')}. The straight line is the
        chord of the pair of points whose midpoint (filled) lies highest above it: convexity forbids any such pair.`,
      draw: (width) => segment(line, block, width),
    });
  }

  function controls(): unknown {
    return html`<div class="row" role="group" aria-label="What moves along the segment">
        ${BLOCKS.map(
          (block) =>
            html`<button type="button" aria-pressed=${block.id === shown} @click=${() => {
              shown = block.id;
              draw();
            }}>${block.name}</button>`,
        )}
        <label><input type="checkbox" .checked=${topOne} @change=${(event: Event) => {
          topOne = (event.target as HTMLInputElement).checked;
          ask();
        }} /> Top-1</label>
      </div>`;
  }

  ask();
  return () => {
    left = true;
    picture.end();
    figure.end();
  };
};

function finding(line: Line, block: Block): string {
  const breaks = (pair: Midpoint | null) => pair !== null && pair.excess > ROUNDING;
  const inside = breaks(line.inside)
    ? `inside a region some midpoint lies ${number((line.inside as Midpoint).excess)} above its chord`
    : 'inside every region it is convex';
  const note = block === 'both' && breaks(line.inside) ? ' (biconvex is not convex)' : '';
  const n = line.patterns.length;
  const across =
    n === 1
      ? 'the segment stays in one region'
      : breaks(line.across)
        ? `across boundaries it is not: a midpoint lies ${number((line.across as Midpoint).excess)} above its chord`
        : 'across the boundaries of this segment nothing breaks it';
  return `On this segment (${n} region${n > 1 ? 's' : ''}): ${inside}${note}; ${across}.`;
}

function segment(line: Line, block: (typeof BLOCKS)[number], width: number): ReturnType<typeof chart> {
  const t = (i: number) => i / STEPS;
  const edges = line.region.flatMap((of, i) => (i > 0 && of !== line.region[i - 1] ? [i] : []));
  const named = (stretch: number) => patternText(line.patterns[stretch]);
  const inside = line.inside && line.inside.excess > ROUNDING ? line.inside : null;
  const pair = line.across && line.across.excess > ROUNDING ? line.across : inside;
  const top = Math.max(...line.loss) * 1.1 || 1;
  const roomy = line.patterns.length <= Math.max(1, width / 130);
  return chart(
    {
      label: `L̃ along the segment, ${block.name}`,
      x: { name: 'place on the segment, 0 start to 1 end', low: 0, high: 1 },
      y: { name: 'L̃', low: 0, high: top },
      curves: [
        { name: block.name, hue: block.hue, dash: block.dash, points: line.loss.map((l, i) => [t(i), l] as const) },
        ...(pair
          ? [
              {
                name: 'chord',
                hue: 'var(--sdl-select)',
                points: [
                  [t(pair.low), line.loss[pair.low]],
                  [t(pair.high), line.loss[pair.high]],
                ] as [number, number][],
              },
            ]
          : []),
      ],
      rules: [
        ...(roomy ? [{ at: 0, name: named(0) }] : []),
        ...edges.map((i) => ({ at: t(i - 0.5), name: roomy ? named(line.region[i]) : '' })),
      ],
      dots: pair
        ? [
            {
              x: t((pair.low + pair.high) / 2),
              y: line.loss[(pair.low + pair.high) / 2],
              hue: 'var(--sdl-select)',
              name: 'midpoint',
            },
          ]
        : [],
    },
    width,
  );
}
