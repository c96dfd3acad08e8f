/**
 * The words of an explorer that change with every frame, written into their places without a new layout, and what
 * screen readers are told.
 */
import { render } from 'lit';
import { summary } from './layout';
import { count, sentences } from './notice';
import type { PlayedRun } from './player';
import type { PageState } from './state';
import { titleOf } from './titles';

const STATUS_EVERY_MS = 5000;

export class LiveWords {
  private announced = 0;

  /** The layout's places are marked `data-live=name`. */
  constructor(private readonly root: () => ParentNode) {}

  write(state: PageState, runs: readonly PlayedRun[]): void {
    const { basis } = state;
    const [a, b] = runs.map(({ label, frame }) => ({ label, title: titleOf(state, label), metrics: frame.metrics }));
    const labelled = runs[0].world.names !== null;
    this.put('notice', sentences(a, b, basis, labelled).join(' '));
    this.put('step', `step ${count(Math.min(...runs.map((run) => run.frame.step)))}`);
    for (const run of runs) {
      const at = this.place(`summary-${run.label}`);
      if (at) render(summary(run, basis), at);
    }
  }

  /** For screen readers: at once where it is urgent, else now and then. */
  announce(text: string, urgent: boolean): void {
    const now = performance.now();
    if (!urgent && now - this.announced < STATUS_EVERY_MS) return;
    this.announced = now;
    this.put('status', text);
  }

  said(name: string): string {
    return this.place(name)?.textContent ?? '';
  }

  private put(name: string, text: string): void {
    const at = this.place(name);
    if (at && at.textContent !== text) at.textContent = text;
  }

  private place(name: string): HTMLElement | null {
    return this.root().querySelector<HTMLElement>(`[data-live="${name}"]`);
  }
}
