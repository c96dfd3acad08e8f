/**
 * The style sheet that all figures share, adopted by whatever document or shadow root a figure finds itself in.
 *
 * Three sizes of one family, tabular figures, colours only from `theme.ts`.
 */

export const figureCss = `
.sdl-figure { margin: 0; font-family: var(--sdl-font); font-size: var(--sdl-text); line-height: 1.45; color: var(--sdl-ink);
  font-variant-numeric: tabular-nums; min-width: 0; }
.sdl-figure h3 { font-size: var(--sdl-title); font-weight: 600; margin: 0; line-height: 1.3; }
.sdl-figure .run { font-size: var(--sdl-text); font-weight: 600; margin: 0 0 0.1rem; }
.sdl-figure .run:empty { display: none; }
.sdl-figure .run[data-run='A'] { color: var(--sdl-a-ink); }
.sdl-figure .run[data-run='B'] { color: var(--sdl-b-ink); }
.sdl-figure .finding { margin: 0.15rem 0 0.6rem; color: var(--sdl-muted); text-wrap: pretty; }
/* Two lines kept free, so that the figures of A and B stay level whatever they find. */
.sdl-figure[data-run] .finding { min-height: 2.9em; }
.sdl-figure .stage { position: relative; }
.sdl-figure canvas.plot { display: block; width: 100%; border-radius: 4px; touch-action: pan-y; outline-offset: 3px; }
.sdl-figure canvas.plot:focus-visible { outline: 2px solid var(--sdl-select); }
.sdl-figure .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; align-items: center; margin: 0.5rem 0 0; padding: 0;
  list-style: none; font-size: var(--sdl-small); color: var(--sdl-muted); }
.sdl-figure .legend li { display: inline-flex; align-items: center; gap: 0.35rem; white-space: nowrap; }
.sdl-figure .legend svg { width: 16px; height: 14px; flex: none; overflow: visible; }
.sdl-figure .ramp { width: 7rem; height: 0.6rem; border-radius: 2px; border: 1px solid var(--sdl-rule); }
.sdl-figure .caption { margin: 0.4rem 0 0; font-size: var(--sdl-small); color: var(--sdl-muted); max-width: 62ch; text-wrap: pretty; }
.sdl-figure .tip { position: absolute; z-index: 2; left: 0; top: 0; pointer-events: none; max-width: 15rem; padding: 0.35rem 0.55rem;
  border-radius: 5px; background: var(--sdl-ink); color: var(--sdl-paper); font-size: var(--sdl-small); line-height: 1.4;
  width: max-content; box-sizing: border-box; }
.sdl-figure .tip[hidden] { display: none; }
.sdl-figure .tip b { display: block; font-weight: 600; }
.sdl-figure .spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sdl-figure .switch { display: inline-flex; margin: 0; padding: 0; border: 1px solid var(--sdl-rule); border-radius: 5px; overflow: hidden; }
.sdl-figure .switch button { font: inherit; font-size: var(--sdl-small); color: var(--sdl-muted); background: none; border: 0;
  padding: 0.25rem 0.6rem; min-height: 24px; cursor: pointer; }
.sdl-figure .switch button + button { border-left: 1px solid var(--sdl-rule); }
.sdl-figure .switch button[aria-pressed='true'] { background: var(--sdl-raised); color: var(--sdl-ink); font-weight: 600; }
.sdl-figure .switch button:focus-visible { outline: 2px solid var(--sdl-select); outline-offset: -2px; }
.sdl-figure sub, .sdl-figure sup { line-height: 0; font-size: 0.75em; }
`;

const sheets = new Map<string, CSSStyleSheet>();

/** Gives the element's document or shadow root these rules, once. The element must be connected. */
export function adoptStyles(element: Element, ...rules: string[]): void {
  const scope = element.getRootNode();
  if (!(scope instanceof ShadowRoot || scope instanceof Document)) return;
  for (const css of [figureCss, ...rules].filter(Boolean)) {
    let sheet = sheets.get(css);
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      sheets.set(css, sheet);
    }
    if (!scope.adoptedStyleSheets.includes(sheet)) scope.adoptedStyleSheets.push(sheet);
  }
}
