/** The theory of the runs on screen, below their figures: fetched when the fold is first opened. */

import { adoptStyles } from '../views/style';
import type { RunData } from '../views/view';
import { BoundPanel } from './bound-panel';
import css from './fold.css?inline';
import { type Pack, PlanePanel } from './plane-panel';

export class TheoryFold {
  private readonly panels: { update(runs: RunData[]): void; close(): void }[];

  /** `pack`: reads a run whole. */
  constructor(
    private readonly root: HTMLElement,
    pack: Pack,
  ) {
    adoptStyles(root, css);
    const place = () => root.appendChild(document.createElement('div'));
    this.panels = [new BoundPanel(place()), new PlanePanel(place(), pack)];
  }

  update(runs: RunData[]): void {
    if (this.root.closest('details')?.open === false) return;
    for (const panel of this.panels) panel.update(runs);
  }

  close(): void {
    for (const panel of this.panels) panel.close();
    this.root.replaceChildren();
    // Where the explorer is put elsewhere, it is opened, and fetched, anew.
    const fold = this.root.closest('details');
    if (fold) fold.open = false;
  }
}
