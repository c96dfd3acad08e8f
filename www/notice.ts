/** Numbers as the visitor reads them, and the two live sentences of “what to notice”: only what the metrics say. */
import type { Metrics } from './engine';
import type { Basis, RunLabel } from './views/view';

export interface Seen {
  label: RunLabel;
  title: string;
  metrics: Metrics;
}

/** Features that count, and how many of them are recovered. */
export function recovered(metrics: Metrics, basis: Basis): { of: number; found: number } {
  const of = metrics.scored.reduce((sum, scored) => sum + scored, 0);
  return { of, found: Math.round(metrics.recovery[basis].mgt * of) };
}

export function sentences(a: Seen, b: Seen, basis: Basis, labelled: boolean): [string, string] {
  const what = labelled ? 'labels' : 'features';
  const steps = a.metrics.step;
  const [fa, fb] = [recovered(a.metrics, basis), recovered(b.metrics, basis)];
  const when = steps === 0 ? 'Before the first step' : `After ${count(steps)} ${steps === 1 ? 'step' : 'steps'}`;
  const gap = fb.found - fa.found;
  const verdict =
    gap === 0
      ? `A and B have both recovered ${fa.found} of the ${fa.of} ${what} anchored in neither`
      : `A (${a.title}) has recovered ${fa.found} of the ${fa.of} ${what} anchored in neither, B (${b.title}) ${fb.found}: ${Math.abs(gap)} ${gap > 0 ? 'more' : 'fewer'}`;
  const means = `mean similarity ${a.metrics.recovery[basis].mip.toFixed(3)} and ${b.metrics.recovery[basis].mip.toFixed(3)}`;
  const first =
    fa.of === 0 ? `${when} nothing is scored: every one of the ${what} is anchored.` : `${when} ${verdict} (${means}).`;

  const [na, nb] = [a.metrics.density.length, b.metrics.density.length];
  const second =
    `In A ${ofAll(a.metrics.n_dead, na)} dead and ${a.metrics.n_polysemantic} answer to several ${what}; ` +
    `in B ${ofAll(b.metrics.n_dead, nb)} dead and ${b.metrics.n_polysemantic} answer to several.`;
  return [first, second];
}

export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

export function percent(share: number): string {
  if (share < -10) return 'far below 0';
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

/** Three significant digits, without noise. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

function ofAll(n: number, all: number): string {
  return `${count(n)} of ${count(all)} latents ${n === 1 ? 'is' : 'are'}`;
}
