/**
 * The exact small landscape: L̃ over the angles of two encoder rows with the decoder eliminated, the minima in it, and
 * three ways down. The address carries everything, so that a link shows the same.
 */
import { html, nothing, render } from 'lit';
import { clockControls, treatmentControls, worldControls } from './landscape/controls';
import { DescentCurves } from './landscape/curves';
import { type Ends, METHODS, type Path, type Picture } from './landscape/engine';
import css from './landscape/landscape.css?inline';
import { Latest } from './landscape/latest';
import { LandscapeMap } from './landscape/map';
import { DEFAULT, readState, STEPS, type State, sceneOf, scheduleOf, startOf, writeState } from './landscape/state';
import { WeightsView } from './landscape/weights';
import { endsSentence, pathsSentence, resampledSentence } from './landscape/words';
import type { RoomModule } from './rooms';

/** Nodes a side: at 1.5° one is about two pixels wide. */
const SIZE = 240;
/** Starts a side whose ends are counted. */
const STARTS = 16;
/** Milliseconds that the whole path takes when it is played. */
const PLAYED = 6000;
/** Milliseconds without a change before starts all over are tried, and the address is written. */
const QUIET = 150;

export const open: RoomModule['open'] = (at, { pool, query }) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
  at.innerHTML = `<div class="landscape-room"><div class="controls"></div><div class="found" role="status"></div>
    <div><div class="map"></div><div class="clock-controls"></div></div><div class="beside"></div>
    <details class="reading" open><summary>How to read this</summary></details></div>`;
  const part = (name: string) => at.querySelector(name) as HTMLElement;

  let state = readState(query);
  let picture: Picture | null = null;
  let paths: Path[] = [];
  let ends: Ends[] = [];
  let problem = '';
  let playing = 0;
  let quiet = 0;

  const map = new LandscapeMap(part('.map'), (s1, s2) => change({ s1, s2 }));
  const weights = new WeightsView(part('.beside'), (feature, angle) => change({ [feature]: angle }));
  const curves = new DescentCurves(part('.beside'), (step) => change({ step }));
  map.figure.showCaption('Drag the start, or move it with the arrow keys. Point at a minimum to read what it is.');
  for (const text of READING) {
    const line = document.createElement('p');
    line.textContent = text;
    part('.reading').append(line);
  }

  const failed = (error: Error) => {
    problem = error.message;
    show();
  };
  /** The picture first: paths and ends are judged by its least height. */
  const pictures = new Latest(async () => {
    picture = await pool.ask<Picture>({ ask: 'landscape', scene: sceneOf(state), size: SIZE });
    problem = '';
    ends = [];
    descents.run();
    settle();
  }, failed);
  const descents = new Latest(async () => {
    if (!picture) return;
    const { least } = picture;
    const asked = state;
    const ask = { ask: 'descent', scene: sceneOf(asked), start: startOf(asked), least };
    paths = await Promise.all(METHODS.map((method) => pool.ask<Path>({ ...ask, schedule: scheduleOf(asked, method) })));
    show();
  }, failed);
  const counts = new Latest(async () => {
    if (!picture) return;
    const asked = state;
    const ask = { ask: 'ends', scene: sceneOf(asked), size: STARTS, least: picture.least };
    const found = await Promise.all(
      METHODS.map((method) => pool.ask<Ends>({ ...ask, schedule: scheduleOf(asked, method) })),
    );
    if (pictureKey(asked) + runKey(asked) !== pictureKey(state) + runKey(state)) return;
    ends = found;
    show();
  }, failed);

  function change(to: Partial<State>): void {
    const before = state;
    state = { ...state, ...to };
    if ('step' in to && playing) stop();
    if (pictureKey(before) !== pictureKey(state)) pictures.run();
    else if (runKey(before) + startKey(before) !== runKey(state) + startKey(state)) descents.run();
    if (pictureKey(before) + runKey(before) !== pictureKey(state) + runKey(state)) ends = [];
    settle();
    show();
  }

  /** What can wait until the slider rests. */
  function settle(): void {
    clearTimeout(quiet);
    quiet = window.setTimeout(() => {
      const said = writeState(state);
      history.replaceState(null, '', `#landscape${said ? `?${said}` : ''}`);
      if (ends.length === 0) counts.run();
    }, QUIET);
  }

  function play(): void {
    if (playing) {
      stop();
      return;
    }
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      // From start to end and back, without what lies between.
      change({ step: state.step === STEPS ? 0 : STEPS });
      return;
    }
    const from = state.step === STEPS ? 0 : state.step;
    const begun = performance.now();
    const tick = (now: number) => {
      const step = Math.min(STEPS, Math.round(from + ((now - begun) / PLAYED) * STEPS));
      state = { ...state, step: Math.max(0, step) };
      if (step < STEPS) playing = requestAnimationFrame(tick);
      else stop();
      show();
    };
    playing = requestAnimationFrame(tick);
  }

  function stop(): void {
    cancelAnimationFrame(playing);
    playing = 0;
    settle();
    show();
  }

  function show(): void {
    const visit = (scene: Partial<State>) => change({ ...DEFAULT, ...scene });
    const actions = { change, visit, play };
    render(html`${worldControls(state, actions)}${treatmentControls(state, actions)}`, part('.controls'));
    render(clockControls(state, playing !== 0, actions), part('.clock-controls'));
    const shown = paths.find((path) => path.method === state.method);
    const sentences = [pathsSentence(paths, STEPS), resampledSentence(paths), endsSentence(ends)].filter(Boolean);
    render(
      problem ? html`<p>${problem}</p>` : paths.length > 0 ? sentences.map((text) => html`<p>${text}</p>`) : nothing,
      part('.found'),
    );
    if (!picture || !shown) return;
    map.update({ state, picture, paths, ends });
    weights.update(state, shown);
    curves.update(state, paths);
  }

  show();
  pictures.run();
  settle();

  return () => {
    clearTimeout(quiet);
    cancelAnimationFrame(playing);
    for (const job of [pictures, descents, counts]) job.end();
    for (const { figure } of [map, weights, curves]) figure.destroy();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
};

const pictureKey = (state: State): string => JSON.stringify(sceneOf(state));
const runKey = ({ resample, decoder, rate }: State): string => JSON.stringify([resample, decoder, rate]);
const startKey = ({ s1, s2 }: State): string => JSON.stringify([s1, s2]);

const READING = [
  'Every point is a pair of encoder directions; its height is the loss with the best decoder for them (least squares, the shortest of equals). For ReLU this is the whole landscape and no slice, because the lengths of the rows change nothing. For Top-1 and JumpReLU, and with anchors, lengths matter: the picture is at those that are set.',
  'Inside a cell the activation pattern F₁, F₂ (which features fire latents 1 and 2) is constant. On dotted lines two parallel rows act as one, and the surface jumps. Small rings: each row is a feature. A dashed ring around a minimum: it lies on the boundary of its cell.',
  'Paths train encoder and decoder together and are drawn at the angles of the rows, whose lengths may change on the way: they hover above the picture until their decoder is the best one. Alternating convex search solves for the decoder, then for each row under the same pattern, exactly; it never changes its pattern. Resampling re-aims a dead latent at the feature that is reconstructed worst. Ends count as global within 1 % of ΣM of the least height.',
  'L̃ is that of Theorem 3.1, spurious minima those of Example 3.3 and Theorem 3.5, anchors those of eq. 22, in arXiv 2512.05534. JumpReLU is not scale-free and beyond Theorem 3.1.',
];
