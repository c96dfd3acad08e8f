/** What `sdl sweep` leaves of a grid (`summary.json`), and the numbers of its figure as they are drawn. */

export interface Estimate {
  mean: number;
  /** Ends of the 95 % interval: Student's t, or Wilson's for a share of runs. */
  low: number | null;
  high: number | null;
  /** Runs that have the measure. */
  n: number;
  /** Whether it is a share of runs. */
  share: boolean;
}

interface Axis {
  name: string;
  points: { name: string; x?: number }[];
}

export interface Figure {
  x: string;
  y: { metric: string; label: string }[];
  series: string | null;
  panels: string | null;
  x_label: string | null;
  y_label: string | null;
  log_x: boolean;
  log_y: boolean;
  y_range: number[] | null;
  rule: { x: number; label: string } | null;
}

export interface Cell {
  /** A point of every axis, by its place. */
  at: number[];
  n: number;
  n_diverged: number;
  metrics: Record<string, Estimate | null>;
}

export interface Summary {
  title: string;
  axes: Axis[];
  n_seeds: number;
  figure: Figure;
  cells: Cell[];
}

export interface Panel {
  title: string;
  /** [series][points across]. */
  values: (Estimate | null)[][];
}

export interface Picture {
  series: string[];
  panels: Panel[];
  /** The points across, and where they stand if that is a numeric axis. */
  points: string[];
  numbers: number[] | null;
}

/** Panels are an axis' points, and measures where there are several beside series; without series measures are these. */
export function picture({ axes, figure, cells }: Summary): Picture {
  const place = (name: string | null) => axes.findIndex((axis) => axis.name === name);
  const names = (axis: number) => axes[axis]?.points.map((point) => point.name) ?? [];
  const [across, series, panels] = [place(figure.x), place(figure.series), place(figure.panels)];
  // A place on the axis, or every place where there is no such axis.
  const is = (at: number[], axis: number, ix: number) => axis < 0 || at[axis] === ix;
  const row = (metric: string, s: number, p: number) =>
    names(across).map((_, x) => {
      const cell = cells.find(({ at }) => at[across] === x && is(at, series, s) && is(at, panels, p));
      return cell?.metrics[metric] ?? null;
    });
  const sides = panels < 0 ? [''] : names(panels);
  const labels = figure.y.map((y) => y.label);
  const rows = (metric: string, p: number) => names(series).map((_, s) => row(metric, s, p));
  const of = (title: string, p: number): Panel[] =>
    series < 0
      ? [{ title, values: figure.y.map((y) => row(y.metric, 0, p)) }]
      : figure.y.map((y) => ({
          title: [title, labels.length > 1 ? y.label : ''].filter(Boolean).join(' · '),
          values: rows(y.metric, p),
        }));
  const numbers = axes[across].points.map((point) => point.x);
  return {
    series: series < 0 ? labels : names(series),
    panels: sides.flatMap(of),
    points: names(across),
    numbers: numbers.every((x) => x !== undefined) ? (numbers as number[]) : null,
  };
}

/** Three decimals, or three digits where those would say little. */
export function digits(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.005) return value.toExponential(1).replace('e', ' × 10^');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 3).replace('-', '−');
}

/** "0.375 (0.252 to 0.516)". */
export function inWords(estimate: Estimate | null): string {
  if (!estimate) return 'not defined';
  const { mean, low, high } = estimate;
  return low === null || high === null ? digits(mean) : `${digits(mean)} (${digits(low)} to ${digits(high)})`;
}
