/**
 * Colours and type: CSS variables for the page, the same values resolved for canvas.
 *
 * One hue is run A and one is run B everywhere (Okabe–Ito blue and vermillion; lighter siblings on dark paper).
 * `a` and `b` are for marks, `aInk` and `bInk` for text, which needs more contrast. Negative and positive cosines
 * are purple and green, so that the heat map never reads as "A" or "B". Dark follows the system unless the host
 * or the document carries `data-theme="light"` or `"dark"`.
 */

export interface Theme {
  dark: boolean;
  paper: string;
  raised: string;
  ink: string;
  muted: string;
  rule: string;
  grid: string;
  truth: string;
  dead: string;
  a: string;
  aInk: string;
  b: string;
  bInk: string;
  select: string;
  negative: string;
  zero: string;
  positive: string;
  font: string;
}

export type Palette = Omit<Theme, 'dark' | 'font'>;

export const light: Palette = {
  paper: '#ffffff',
  raised: '#f6f7f9',
  ink: '#1c2127',
  muted: '#57606a',
  rule: '#c9cfd6',
  grid: '#e8ebee',
  truth: '#4a525c',
  dead: '#858d96',
  a: '#0072b2',
  aInk: '#00639b',
  b: '#d55e00',
  bInk: '#ab4a00',
  select: '#b0177b',
  negative: '#762a83',
  zero: '#f7f7f7',
  positive: '#0d6a31',
};

export const dark: Palette = {
  paper: '#14171b',
  raised: '#1d2127',
  ink: '#e8eaed',
  muted: '#a3abb5',
  rule: '#434b55',
  grid: '#282e35',
  truth: '#bcc4cd',
  dead: '#7d8691',
  a: '#56b4e9',
  aInk: '#7cc4ee',
  b: '#f08a3c',
  bInk: '#f5a263',
  select: '#ff7ac8',
  negative: '#c994dc',
  zero: '#20252b',
  positive: '#6fce8b',
};

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Put this in the style sheet of the document or of a shadow root. */
export const themeCss = `
:host, :root { color-scheme: light; --sdl-dark: 0; --sdl-font: ${font};
  --sdl-small: 0.75rem; --sdl-text: 0.875rem; --sdl-title: 1.0625rem; ${declarations(light)} }
@media (prefers-color-scheme: dark) {
  :host(:not([data-theme='light'])), :root:not([data-theme='light']) { color-scheme: dark; --sdl-dark: 1; ${declarations(dark)} }
}
:host([data-theme='dark']), :root[data-theme='dark'] { color-scheme: dark; --sdl-dark: 1; ${declarations(dark)} }
`;

/** The variables as they apply to `element`; what nobody set falls back to the light palette. */
export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const value = (name: string, fallback: string) => style.getPropertyValue(variable(name)).trim() || fallback;
  const colours = Object.fromEntries(Object.entries(light).map(([name, fallback]) => [name, value(name, fallback)]));
  return { ...(colours as unknown as Palette), dark: value('dark', '0') === '1', font: value('font', font) };
}

/** Calls back when the system's or an ancestor's theme changes; ends with the signal. `element` must be connected. */
export function watchTheme(element: Element, changed: () => void, signal: AbortSignal): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed, { signal });
  const observer = new MutationObserver(changed);
  const watch = (target: Element) => observer.observe(target, { attributeFilter: ['data-theme', 'class', 'style'] });
  watch(document.documentElement);
  for (let scope = element.getRootNode(); scope instanceof ShadowRoot; scope = scope.host.getRootNode()) {
    watch(scope.host);
  }
  signal.addEventListener('abort', () => observer.disconnect());
}

/** The hue of a run, for marks and for text. */
export function runColours(theme: Theme, label: 'A' | 'B'): { mark: string; text: string } {
  return label === 'A' ? { mark: theme.a, text: theme.aInk } : { mark: theme.b, text: theme.bInk };
}

function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `${variable(name)}: ${value};`)
    .join(' ');
}

function variable(name: string): string {
  return `--sdl-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
