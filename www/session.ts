/**
 * One explorer's doings: a change of state becomes a live change or a new run, what happens becomes a notice.
 *
 * Knows the player and the state, not the document: the element draws, listens and keeps the URL.
 */
import { dataSet, progressWords } from './data';
import type { RunEvent } from './engine';
import type { Notice } from './layout';
import { count } from './notice';
import { type PlayedRun, Player } from './player';
import { type Answer, inWords, Refused } from './protocol';
import type { RunLink } from './run-link';
import { scenarioById } from './scenarios';
import { changed, configsOf, defaultState, isSplit, type PageState, settingOf, withValue } from './state';
import { type Problem, saidOfProblem, withDefaultAt } from './url';
import type { RunLabel } from './views/view';

export interface SessionHooks {
  /** Something the layout shows has changed. */
  changed(): void;
  draw(runs: readonly PlayedRun[]): Promise<void>;
  /** For screen readers; urgent: at once. */
  announce(text: string, urgent: boolean): void;
}

export interface PackedRun extends Answer<'pack'> {
  file: Uint8Array | null;
}

/** Notices that end with the run they are about. */
const OF_A_RUN = ['diverged', 'failed', 'fell_back-A', 'fell_back-B'];
/** A world or a model may be too much for anyone's patience: from here on there is a way out. */
const SLOW_MS = 5000;
/** Problems of a link that are told one by one. */
const TOLD = 6;

export class Session {
  readonly player: Player;
  notices: Notice[] = [];
  /** The state the runs are known to have taken. */
  private good: PageState;
  private changes: Promise<void> = Promise.resolve();
  private choosing: Promise<void> = Promise.resolve();

  constructor(
    links: Record<RunLabel, RunLink>,
    public state: PageState,
    private readonly hooks: SessionHooks,
    paused = false,
  ) {
    this.good = state;
    this.player = new Player(links, {
      draw: (runs) => hooks.draw(runs),
      changed: () => hooks.changed(),
      event: (label, event) => this.heard(label, event),
      failed: (message) => this.broke(message),
    });
    if (paused) this.player.pause();
    this.player.setSpeed(state.speed);
  }

  /** The first run, or that of another link: a setting the engine refuses goes back to its default, then all do. */
  open(state: PageState, problems: readonly Problem[] = []): Promise<void> {
    this.state = state;
    this.drop('refused');
    this.tell(problems);
    this.player.setSpeed(state.speed);
    this.hooks.changed();
    return this.inTurn(async () => {
      for (let attempt = 0; ; attempt++) {
        try {
          this.good = await this.restartRuns();
          return;
        } catch (reason) {
          if (!(reason instanceof Refused) || attempt === 2) throw reason;
          const then = attempt === 0 ? 'The default is used instead.' : 'All settings are at their defaults now.';
          this.refused(reason, then, attempt > 0);
          const plain = defaultState(scenarioById(this.state.scenario));
          this.state =
            attempt === 0 ? withDefaultAt(this.state, reason.error.field) : { ...plain, theme: this.state.theme };
          this.hooks.changed();
        }
      }
    });
  }

  /** Takes a new state; anew: from step 0 in any case. A refused one is told and undone. */
  apply(next: PageState, anew = false): Promise<void> {
    this.state = next;
    this.hooks.changed();
    this.player.setSpeed(next.speed);
    return this.inTurn(async () => {
      const target = this.state;
      const knobs = changed(this.good, target);
      try {
        if (anew || knobs.some((knob) => knob.effect === 'restart')) {
          await this.restartRuns();
          this.drop('refused');
        } else {
          if (knobs.length > 0) {
            await this.player.configure(configsOf(target));
            this.drop('refused');
          }
          if (target.backend !== this.good.backend) this.chooseBackend(true);
        }
        this.good = target;
      } catch (reason) {
        if (!(reason instanceof Refused)) throw reason;
        this.refused(reason, 'The change was undone.');
        if (this.state === target) this.state = this.good;
        this.hooks.changed();
      }
    });
  }

  async reset(): Promise<void> {
    await this.inTurn(async () => {
      await this.restartRuns();
    });
  }

  async texts(label: RunLabel, latent: number): Promise<{ text: string; label: string; activation: number }[]> {
    const run = this.player.runs.find((run) => run.label === label);
    if (!run?.world.labels || !run.world.names) return [];
    const { names } = run.world;
    const texts = await this.rowTexts();
    const { rows } = await this.player.topRows(label, latent, 8);
    return rows.map(({ row, activation }) => {
      const [text, label] = texts[row] ?? ['', -1];
      return { text, label: names[label] ?? '', activation };
    });
  }

  /** A run as it is, with the file of its data where that is real: what another engine needs to look at it. */
  async pack(label: RunLabel): Promise<PackedRun> {
    const [packed, file] = await Promise.all([this.player.pack(label), this.rows()]);
    return { ...packed, file };
  }

  /** What every row of the data says, and its label. */
  async rowTexts(): Promise<readonly (readonly [text: string, label: number])[]> {
    return (await dataSet(String(settingOf(this.state, 'activations.name')), () => {})).texts;
  }

  drop(...ids: string[]): void {
    const kept = this.notices.filter((notice) => !ids.includes(notice.id));
    if (kept.length === this.notices.length) return;
    this.notices = kept;
    this.hooks.changed();
  }

  close(): void {
    this.player.close();
  }

  private tell(problems: readonly Problem[]): void {
    this.drop('link');
    if (problems.length === 0) return;
    const more = problems.slice(0, TOLD).map(saidOfProblem);
    if (problems.length > TOLD) more.push(`… and ${problems.length - TOLD} more.`);
    this.put({ id: 'link', tone: 'warn', text: 'Part of this link could not be read.', more });
  }

  /** Answers the state that they began with: meanwhile there may be another. */
  private async restartRuns(): Promise<PageState> {
    const { state } = this;
    const rows = await this.rows();
    const over = this.notices.filter(({ id }) => OF_A_RUN.includes(id));
    this.drop(...OF_A_RUN);
    const slow = setTimeout(() => this.tellSlow(), SLOW_MS);
    try {
      await this.player.start(configsOf(state), rows);
    } catch (reason) {
      // Refused: the old run is still there, and what was said of it still holds.
      for (const notice of over) this.put(notice);
      throw reason;
    } finally {
      clearTimeout(slow);
      this.drop('slow');
    }
    this.chooseBackend(false);
    return state;
  }

  /** Out of turn: an engine may have to be fetched first, and no change should wait for that. */
  private chooseBackend(anew: boolean): void {
    this.choosing = this.player.useBackend(this.state.backend, anew).then(
      () => this.tellOfBackend(),
      (reason) => this.broke(inWords(reason)),
    );
  }

  private tellSlow(): void {
    const actions = [{ label: 'Give up and use the default', act: () => this.giveUp() }];
    this.put({ id: 'slow', tone: 'info', text: 'Runs of this size take long to start.', actions });
  }

  /** Out of a start that may take minutes: what the engine is at cannot be interrupted, only ended. */
  private giveUp(): void {
    this.player.abandon();
    const { theme } = this.state;
    this.open({ ...defaultState(scenarioById(this.state.scenario)), theme });
  }

  /** WebGPU was asked for by name and is not to be had: that must not be seen only by who looks for it. */
  private tellOfBackend(): void {
    const without = this.player.runs.find((run) => run.backend.kind === 'cpu');
    if (this.state.backend !== 'webgpu' || !without) this.drop('backend');
    else this.put({ id: 'backend', tone: 'warn', text: `The runs train on the CPU: ${without.backend.reason}` });
  }

  private async rows(): Promise<Uint8Array | null> {
    if (settingOf(this.state, 'source') !== 'activations') return null;
    const name = String(settingOf(this.state, 'activations.name'));
    const loading = (share: number) =>
      this.put({ id: 'data', tone: 'info', text: `Loading ${progressWords(name, share)}` });
    loading(0);
    let last = 0;
    try {
      const { tensors } = await dataSet(name, (share) => {
        if (share - last < 0.05) return;
        last = share;
        loading(share);
      });
      return tensors;
    } finally {
      this.drop('data');
    }
  }

  private heard(label: RunLabel, event: RunEvent): void {
    switch (event.kind) {
      case 'diverged': {
        const { field, text } = event.remedy;
        // A third of a tenth has digits that nobody wants to read.
        const value = Number(event.remedy.value.toPrecision(6));
        const step = this.player.checkpoint;
        const back = `Go back to step ${count(step)} and set ${remedyWords(field)} to ${value}`;
        this.put({
          id: 'diverged',
          tone: 'warn',
          text: `Run ${label} diverged at step ${count(event.step)}: ${event.cause}`,
          more: [text],
          actions: [
            { label: back, act: () => this.goBack(label, field, value) },
            { label: 'Start again', act: () => this.reset() },
          ],
        });
        return;
      }
      case 'fell_back':
        this.put({ id: `fell_back-${label}`, tone: 'warn', text: `Run ${label} goes on on the CPU: ${event.reason}` });
        return;
      case 'finished':
        if (label === 'A') this.hooks.announce(`Finished at step ${count(event.step)}.`, true);
        return;
      case 'resampled':
        this.hooks.announce(`Run ${label}: ${event.latents.length} dead latents resampled.`, true);
        return;
      case 'changed':
        return;
      default:
        event satisfies never;
    }
  }

  /** One setting changed and both runs back at their newest common checkpoint. */
  private goBack(label: RunLabel, field: string, value: number): Promise<void> {
    return this.inTurn(async () => {
      // Where A and B have the setting in common, they keep having it in common.
      const next = withValue(this.state, field, value, isSplit(this.state, field) ? label : undefined);
      const live = changed(this.state, next).every((knob) => knob.effect === 'live');
      this.state = next;
      this.drop('diverged');
      if (live) await this.player.goBack(configsOf(next));
      else await this.restartRuns();
      this.good = next;
      this.hooks.changed();
    });
  }

  /** also: beside what was refused before. */
  private refused({ error }: Refused, then: string, also = false): void {
    const text = `${error.field} = ${error.value}: expected ${error.expected}. ${then}`;
    const before = also ? this.notices.find(({ id }) => id === 'refused') : undefined;
    this.put(before ? { ...before, more: [...(before.more ?? []), text] } : { id: 'refused', tone: 'warn', text });
  }

  private broke(message: string): void {
    const actions = [{ label: 'Start again', act: () => void this.reset() }];
    this.put({ id: 'failed', tone: 'warn', text: `The run has stopped: ${message}`, actions });
  }

  private put(notice: Notice): void {
    this.notices = [...this.notices.filter(({ id }) => id !== notice.id), notice];
    this.hooks.changed();
  }

  /**
   * One change after the other, each starting from what the one before has left. Settles when the runs are on the
   * backend that was chosen with it.
   */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.changes = this.changes.then(work).catch((reason: unknown) => this.broke(inWords(reason)));
    return this.changes.then(() => this.choosing);
  }
}

function remedyWords(field: string): string {
  return field.split('.').at(-1)?.replaceAll('_', ' ') ?? field;
}
