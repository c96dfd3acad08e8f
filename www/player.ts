/**
 * Plays two runs in lock-step: both always advance by the same number of steps, then one frame of each is drawn.
 *
 * Knows runs only through `RunLink` and the page only through `Hooks`. Everything that touches the runs is queued,
 * so a command waits for at most the chunk of steps under way.
 */
import type { BackendInfo, BackendKind, Frame, RunEvent, World } from './engine';
import { RunHistory } from './history';
import { Pace } from './pace';
import { type Answer, type Ask, type CallName, inWords, Refused } from './protocol';
import type { RunLink } from './run-link';
import { type BackendChoice, type Configs, LABELS, type Speed } from './state';
import type { RunLabel } from './views/view';

/** A run as the player holds it. */
export interface PlayedRun {
  label: RunLabel;
  world: World;
  frame: Frame;
  backend: BackendInfo;
  history: RunHistory;
}

/** working: a run is being made. failed: the engine is gone; only a reset helps. */
export type Phase = 'working' | 'paused' | 'playing' | 'finished' | 'diverged' | 'failed';

export interface Hooks {
  /** Draw these. The next chunk is computed meanwhile; its frames wait until this is done. */
  draw(runs: readonly PlayedRun[]): Promise<void>;
  /** The phase, a backend or the speed has changed. */
  changed(): void;
  event(label: RunLabel, event: RunEvent): void;
  failed(message: string): void;
}

const CHECKPOINT_EVERY_MS = 2000;
/** A loss so many times that of the last checkpoint is no place to come back to. */
const TOO_HIGH = 10;

export class Player {
  phase: Phase = 'working';
  runs: PlayedRun[] = [];
  /** Step of the newest checkpoint that both runs have. */
  checkpoint = 0;
  /** Plays unless the visitor paused: also after a reset, a change, a way back from divergence. */
  private wanted = true;
  readonly pace: Pace;
  private queue: Promise<unknown> = Promise.resolve();
  private drawing: Promise<void> = Promise.resolve();
  private looping = false;
  private checkpointed = { at: 0, loss: Number.POSITIVE_INFINITY };
  private wake: () => void = () => {};
  /** What decides how fast a backend is, of the runs that there are. */
  private shape = '';
  /** What auto found for models of this shape. */
  private timed: { shape: string; kind: BackendKind; reason: string } | undefined;
  /** Counts what makes an earlier choice of a backend void. */
  private turn = 0;
  /** Playing waits for it. */
  private held: Promise<void> = Promise.resolve();
  private release: () => void = () => {};

  constructor(
    private readonly links: Record<RunLabel, RunLink>,
    private readonly hooks: Hooks,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.pace = new Pace(now);
  }

  /** The step that both runs have reached. */
  get at(): number {
    return Math.min(...this.runs.map((run) => run.frame.step));
  }

  /** Both runs anew from step 0. Throws Refused if the engine takes one of them not; what ran before is kept then. */
  async start(configs: Configs, rows: Uint8Array | null): Promise<void> {
    await this.serially(async () => {
      if (this.phase === 'failed') for (const label of LABELS) this.links[label].restart();
      const before = this.phase;
      this.setPhase('working');
      try {
        for (const { error } of await this.both('check', (label) => ({ config: configs[label] }))) {
          if (error) throw new Refused(error);
        }
        const begun = await this.both('start', (label) => ({ config: configs[label], rows }));
        this.runs = begun.map(({ world, backend, frame }, i) => {
          const history = new RunHistory();
          history.record(frame);
          return { label: LABELS[i], world, frame, backend, history };
        });
      } catch (reason) {
        if (reason instanceof Refused) this.setPhase(before);
        else this.setPhase('failed');
        throw reason;
      }
      this.shape = shapeOf(configs);
      this.turn++;
      this.release();
      this.checkpoint = 0;
      this.checkpointed = { at: this.now(), loss: Math.max(...this.runs.map((run) => run.frame.metrics.loss)) };
      this.pace.restart();
      this.setPhase(this.wanted ? 'playing' : 'paused');
      await this.drawing;
      this.drawing = this.drawn();
      // The first step does not wait for the first picture.
      if (this.wanted) await this.chunk(1);
    });
    this.loop();
    await this.drawing;
  }

  play(): void {
    this.wanted = true;
    if (this.phase !== 'paused') return;
    this.pace.restart();
    this.setPhase('playing');
    this.loop();
  }

  /** Settles when the chunk under way is drawn. */
  async pause(): Promise<void> {
    this.wanted = false;
    if (this.phase === 'playing') this.setPhase('paused');
    this.wake();
    await this.serially(() => this.drawing);
  }

  /** Pauses, then exactly n steps, drawing on the way. */
  async step(n: number): Promise<void> {
    await this.pause();
    await this.serially(async () => {
      const until = this.at + n;
      while (this.at < until && this.phase === 'paused')
        await this.chunk(Math.min(until - this.at, this.pace.chunk('max')));
      await this.drawing;
    });
  }

  /** Live changes. Throws Refused. */
  async configure(configs: Configs): Promise<void> {
    await this.serially(async () => {
      if (this.runs.length === 0) return;
      const answers = await this.both('configure', (label) => ({ config: configs[label] }));
      this.take(answers.map((answer) => answer.frame));
      const ended = this.runs.some((run) => run.frame.step >= configs[run.label].training.steps);
      if (this.phase === 'finished' && !ended) this.setPhase(this.wanted ? 'playing' : 'paused');
      await this.show();
    });
    this.loop();
  }

  async resample(label: RunLabel): Promise<void> {
    await this.serially(async () => {
      const { frame } = await this.links[label].call('resample', {});
      this.take(this.runs.map((run) => (run.label === label ? frame : null)));
      await this.show();
    });
  }

  /**
   * One choice for both runs, so that A and B stay comparable: with auto, A's timing decides, once a shape or anew.
   *
   * While the engine that knows WebGPU is fetched, playing goes on with auto, and waits where WebGPU was asked for. A
   * later choice or start makes this one void.
   */
  async useBackend(choice: BackendChoice, anew = true): Promise<void> {
    const turn = ++this.turn;
    const known = choice === 'auto' && !anew && this.shape === this.timed?.shape ? this.timed : undefined;
    this.release();
    if (choice === 'webgpu') {
      this.held = new Promise((resolve) => {
        this.release = resolve;
      });
    }
    const missing = (known?.kind ?? choice) === 'cpu' ? undefined : await this.withoutGpu();
    const done = this.serially(async () => {
      const [a, b] = this.runs;
      if (!b || turn !== this.turn) return;
      const ask = async (run: PlayedRun, choice: BackendChoice, reason: string) => {
        run.backend = (await this.links[run.label].call('backend', { choice, reason })).backend;
      };
      try {
        if (missing !== undefined && choice === 'webgpu') throw new Error(missing);
        const first = missing === undefined ? (known?.kind ?? choice) : 'cpu';
        await ask(a, first, missing ?? known?.reason ?? 'as chosen');
        if (choice === 'auto') this.timed = { shape: this.shape, kind: a.backend.kind, reason: a.backend.reason };
        await ask(b, a.backend.kind, choice === 'auto' ? a.backend.reason : 'as chosen');
      } catch (reason) {
        const why = `asked for ${choice}, but: ${inWords(reason)}`;
        for (const run of this.runs) {
          await ask(run, 'cpu', why);
          run.backend = { ...run.backend, reason: why };
        }
      }
      this.pace.restart();
      this.hooks.changed();
    });
    if (turn === this.turn) this.release();
    await done;
  }

  /** Both runs back to the newest common checkpoint, with these configs. */
  async goBack(configs: Configs): Promise<void> {
    await this.serially(async () => {
      const step = this.checkpoint;
      const answers = await this.both('restore', (label) => ({ step, config: configs[label] }));
      this.take(answers.map((answer) => answer.frame));
      this.pace.restart();
      this.setPhase(this.wanted ? 'playing' : 'paused');
      await this.show();
    });
    this.loop();
  }

  setSpeed(speed: Speed): void {
    this.pace.speed = speed;
    this.wake();
  }

  topRows(label: RunLabel, latent: number, count: number): Promise<Answer<'top_rows'>> {
    return this.serially(() => this.links[label].call('top_rows', { latent, count }));
  }

  pack(label: RunLabel): Promise<Answer<'pack'>> {
    return this.serially(() => this.links[label].call('pack', {}));
  }

  labels(label: RunLabel): Promise<Answer<'labels'>> {
    return this.serially(() => this.links[label].call('labels', {}));
  }

  loseDevice(label: RunLabel): Promise<object> {
    return this.serially(() => this.links[label].call('lose_device', {}));
  }

  /** Ends whatever the engine is at; what waits for it fails, and only a new start helps. */
  abandon(): void {
    this.turn++;
    this.release();
    for (const label of LABELS) this.links[label].restart();
  }

  close(): void {
    this.turn++;
    this.setPhase('failed');
    for (const label of LABELS) this.links[label].close();
  }

  /** Why there is no WebGPU for the runs; undefined where there is. First the pictures, then what comes with it. */
  private async withoutGpu(): Promise<string | undefined> {
    await this.drawing;
    try {
      await Promise.all(LABELS.map((label) => this.links[label].prepareGpu()));
      return undefined;
    } catch (reason) {
      return inWords(reason);
    }
  }

  private async loop(): Promise<void> {
    if (this.looping) return;
    this.looping = true;
    while (this.phase === 'playing') {
      await this.held;
      await this.serially(() => (this.phase === 'playing' ? this.chunk(this.pace.chunk()) : Promise.resolve())).catch(
        () => {},
      );
      const wait = this.pace.wait();
      if (wait > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, wait);
          this.wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
    this.looping = false;
  }

  /** Some steps of both runs; a run that fell behind (its device was lost) first catches up alone. */
  private async chunk(steps: number): Promise<void> {
    const ahead = Math.max(...this.runs.map((run) => run.frame.step));
    const lagging = this.runs.filter((run) => run.frame.step < ahead);
    const moving = lagging.length > 0 ? lagging : this.runs;
    const began = this.now();
    const answers = await this.guarded(
      Promise.all(
        moving.map((run) => {
          const most = lagging.length > 0 ? ahead - run.frame.step : steps;
          return this.links[run.label].call('advance', { steps: Math.min(steps, most) });
        }),
      ),
    );
    this.pace.took(
      Math.min(steps, lagging.length > 0 ? ahead - lagging[0].frame.step : steps),
      Math.max(...answers.map((answer) => answer.train_seconds)),
      Math.max(...answers.map((answer) => answer.frame_seconds)),
      (this.now() - began) / 1000,
    );
    let moved = false;
    for (const [i, run] of moving.entries()) {
      const { backend, stopped } = answers[i];
      moved ||= backend.kind !== run.backend.kind || backend.reason !== run.backend.reason;
      run.backend = backend;
      if (stopped === 'diverged') this.setPhase('diverged');
      else if (stopped === 'finished' && this.phase !== 'diverged' && moving === this.runs) this.setPhase('finished');
    }
    this.take(this.runs.map((run) => answers[moving.indexOf(run)]?.frame ?? null));
    if (moved) this.hooks.changed();
    await this.drawing;
    this.drawing = this.drawn();
    await this.keepCheckpoint();
  }

  private async keepCheckpoint(): Promise<void> {
    const steps = this.runs.map((run) => run.frame.step);
    const losses = this.runs.map((run) => run.frame.metrics.loss);
    const loss = Math.max(...losses);
    const due = this.now() - this.checkpointed.at >= CHECKPOINT_EVERY_MS;
    const sound = losses.every(Number.isFinite) && loss <= TOO_HIGH * this.checkpointed.loss;
    if (!due || !sound || this.phase === 'diverged' || steps[0] !== steps[1] || steps[0] === this.checkpoint) return;
    const answers = await this.both('checkpoint', () => ({ step: steps[0] }));
    if (!answers.every((answer) => answer.kept)) return;
    this.checkpoint = steps[0];
    this.checkpointed = { at: this.now(), loss };
  }

  /** New frames where there are some, into the runs, their histories and the page's ears. */
  private take(frames: readonly (Frame | null)[]): void {
    for (const [i, frame] of frames.entries()) {
      if (!frame) continue;
      const run = this.runs[i];
      if (frame.step < run.frame.step) run.history.truncate(frame.step);
      run.frame = frame;
      run.history.record(frame);
      for (const event of frame.events) this.hooks.event(run.label, event);
    }
  }

  private async show(): Promise<void> {
    await this.drawing;
    this.drawing = this.drawn();
    await this.drawing;
  }

  private async drawn(): Promise<void> {
    const began = this.now();
    await this.hooks.draw(this.runs.map((run) => ({ ...run })));
    this.pace.drew(this.now() - began);
  }

  private both<K extends CallName>(kind: K, ask: (label: RunLabel) => Ask<K>): Promise<Answer<K>[]> {
    return this.guarded(Promise.all(LABELS.map((label) => this.links[label].call(kind, ask(label)))));
  }

  /** A refusal is the caller's to handle; anything else has broken the run. */
  private async guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (reason) {
      if (!(reason instanceof Refused)) {
        this.setPhase('failed');
        this.hooks.failed(inWords(reason));
      }
      throw reason;
    }
  }

  private serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => {});
    return result;
  }

  private setPhase(phase: Phase): void {
    this.phase = phase;
    this.hooks.changed();
  }
}

/** What decides how fast a backend is. */
function shapeOf(configs: Configs): string {
  return JSON.stringify(
    LABELS.map((label) => [
      configs[label].source,
      configs[label].bench,
      configs[label].model,
      configs[label].training.batch,
    ]),
  );
}
