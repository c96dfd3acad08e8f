/** The room's sentences: what was found, with its numbers. */
import type { Ends, Method, Minimum, Path, Pattern, Picture } from './engine';
import type { State } from './state';

export const NAMES: Record<Method, string> = {
  gradient_descent: 'Gradient descent',
  adam: 'Adam',
  alternating_convex_search: 'Alternating convex search',
};

export const SHORT: Record<Method, string> = {
  gradient_descent: 'GD',
  adam: 'Adam',
  alternating_convex_search: 'ACS',
};

/** `{1, 2}, {}`: features count from 1, as in the paper. */
export function patternName(pattern: Pattern): string {
  return pattern.map((of) => `{${of.map((feature) => feature + 1).join(', ')}}`).join(', ');
}

export function short(value: number): string {
  if (value < 5e-4) return '0';
  return value >= 10 ? value.toFixed(1) : String(Number(value.toFixed(value < 0.1 ? 3 : 2)));
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What the picture is made of. */
export function pictureSentence(picture: Picture, state: State): string {
  const height = heightName(state);
  const shareOf = (of: (minimum: Minimum) => boolean) => {
    const cells = new Set(picture.minima.filter((m) => m.kind === 'plateau' && of(m)).map((m) => m.cell));
    return [...cells].reduce((sum, cell) => sum + picture.cells[cell].share, 0);
  };
  const spurious = picture.minima.filter((minimum) => !minimum.global);
  const flat = shareOf((minimum) => minimum.global);
  const trap = shareOf((minimum) => !minimum.global);
  const global = picture.minima.filter((minimum) => minimum.global && minimum.kind !== 'plateau');
  const where =
    flat > 0
      ? `the least height, ${short(picture.least)}, is reached all over ${percent(flat)} of the picture`
      : `the least height, ${short(picture.least)}, is reached ${global.length === 1 ? `at one place${global[0].on_boundary ? ', on a boundary' : ''}` : `at ${global.length} places`}`;
  const rest =
    spurious.length === 0
      ? 'no minimum is spurious'
      : `${spurious.length} ${spurious.length === 1 ? 'minimum is' : 'minima are'} spurious${trap > 0 ? `, among them flat cells on ${percent(trap)} of the picture` : ''}`;
  return `Of ${picture.cells.length} cells: ${where}; ${rest}. Height is ${height}.`;
}

export function heightName(state: State): string {
  return state.anchors > 0 ? 'L̃ + λₐ · anchor term at the best decoder' : 'L̃ at the best decoder';
}

function pathSentence(path: Path): string {
  const pattern = patternName(path.pattern);
  const loss = `L̃ = ${short(path.loss)}`;
  switch (path.outcome) {
    case 'global':
      return `ends in a global minimum, ${pattern}, with ${loss}`;
    case 'spurious':
      return `ends in the spurious minimum ${pattern} with ${loss}`;
    case 'moving':
      return `is still on its way in ${pattern}, at ${loss}`;
    default:
      return path.outcome satisfies never;
  }
}

/** Where the three paths end; methods that end alike share a clause. */
export function pathsSentence(paths: readonly Path[], end: number): string {
  const clauses = new Map<string, string[]>();
  for (const path of paths) {
    const said = pathSentence(path);
    clauses.set(said, [...(clauses.get(said) ?? []), NAMES[path.method]]);
  }
  const parts = [...clauses].map(([said, names]) => {
    const who = names.length === paths.length ? 'every method' : names.join(' and ');
    const verb =
      names.length > 1 && names.length < paths.length ? said.replace(/^ends/, 'end').replace(/^is/, 'are') : said;
    return `${who} ${verb}`;
  });
  const text = `From this start, in ${end} steps, ${parts.join('; ')}.`;
  return text.replace(/Gradient|Alternating/g, (word) => word.toLowerCase());
}

/** What resampling did first with each method, if anything; methods it did the same to share a clause. */
export function resampledSentence(paths: readonly Path[]): string {
  const told = new Map<string, string[]>();
  for (const { method, resampled } of paths) {
    if (resampled.length === 0) continue;
    const { step, latent, feature } = resampled[0];
    const said = `latent ${latent + 1}, dead at step ${step}, was re-aimed at feature ${feature + 1}`;
    told.set(said, [...(told.get(said) ?? []), SHORT[method]]);
  }
  const parts = [...told].map(([said, names]) => `${said} (${names.join(', ')})`);
  return parts.length > 0 ? `Resampling: ${parts.join('; ')}.` : '';
}

/** The shares over all starts. */
export function endsSentence(ends: readonly Ends[]): string {
  if (ends.length === 0) return '';
  const { size } = ends[0];
  const parts = ends.map(({ method, spurious, moving }) => {
    const late = moving > 0 ? ` (${percent(moving)} still move)` : '';
    return `${percent(spurious)} with ${SHORT[method]}${late}`;
  });
  return `Of ${size * size} starts all over the picture, these end in a spurious minimum: ${parts.join(', ')}.`;
}

export function minimumLines(minimum: Minimum, anchored: boolean): string[] {
  const kind = {
    point: 'a point',
    valley: 'a valley: one angle is free',
    plateau: 'flat: neither angle matters',
  }[minimum.kind];
  return [
    `${minimum.global ? 'Global' : 'Spurious'} minimum`,
    `${kind}${minimum.on_boundary ? ', on the boundary of its cell' : ''}`,
    `L̃ = ${short(minimum.loss)}${anchored ? `, with the anchor term ${short(minimum.height)}` : ''}`,
  ];
}
