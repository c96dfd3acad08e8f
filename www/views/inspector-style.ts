/** The inspector's own rules, beside those that it shares with the figures (`style.ts`). */

export const inspectorCss = `
.sdl-inspector .head { display: flex; gap: 0.6rem; align-items: center; flex-wrap: nowrap; margin-bottom: 0.4rem; }
.sdl-inspector .sub { color: var(--sdl-muted); flex: 1; }
.sdl-inspector .verdict { margin: 0.35rem 0; text-wrap: pretty; }
.sdl-inspector .note { margin: 0.35rem 0; color: var(--sdl-muted); font-size: var(--sdl-small); }
.sdl-inspector h4 { margin: 1.1rem 0 0.3rem; font-size: var(--sdl-text); font-weight: 600; }
.sdl-inspector b[data-run='A'] { color: var(--sdl-a-ink); }
.sdl-inspector b[data-run='B'] { color: var(--sdl-b-ink); }
.sdl-inspector .facts { margin: 0.9rem 0 0.4rem; border-bottom: 1px solid var(--sdl-grid); }
.sdl-inspector .columns, .sdl-inspector summary { display: grid; grid-template-columns: minmax(0, 1fr) repeat(var(--columns), 4.6rem);
  column-gap: 0.4rem; align-items: baseline; }
.sdl-inspector .columns { font-size: var(--sdl-small); padding-bottom: 0.15rem; }
.sdl-inspector .columns b, .sdl-inspector .value { text-align: right; }
.sdl-inspector summary { list-style: none; cursor: pointer; padding: 0.3rem 0; border-top: 1px solid var(--sdl-grid); }
.sdl-inspector summary::-webkit-details-marker { display: none; }
.sdl-inspector summary > span:first-child { color: var(--sdl-muted); }
.sdl-inspector summary > span:first-child::after { content: '\\00a0›'; color: var(--sdl-dead); }
.sdl-inspector details[open] > summary > span:first-child { color: var(--sdl-ink); }
.sdl-inspector details[open] > summary > span:first-child::after { content: '\\00a0⌄'; }
.sdl-inspector summary:hover > span:first-child { color: var(--sdl-ink); }
.sdl-inspector summary:focus-visible, .sdl-inspector button:focus-visible { outline: 2px solid var(--sdl-select); outline-offset: 2px; border-radius: 3px; }
.sdl-inspector .value { font-weight: 600; }
.sdl-inspector details p { margin: 0 0 0.4rem; font-size: var(--sdl-small); color: var(--sdl-muted); text-wrap: pretty; }
.sdl-inspector .formula { font-family: 'STIX Two Math', 'Cambria Math', Cambria, Georgia, serif; font-size: 0.95rem; line-height: 1.6; color: var(--sdl-ink); }
.sdl-inspector .go { display: flex; flex-wrap: wrap; gap: 0.4rem; align-items: center; margin: 0.7rem 0 0; font-size: var(--sdl-small); color: var(--sdl-muted); }
.sdl-inspector button { font: inherit; font-size: var(--sdl-small); color: var(--sdl-ink); background: var(--sdl-raised); border: 1px solid var(--sdl-rule);
  border-radius: 5px; padding: 0.2rem 0.6rem; min-height: 26px; cursor: pointer; }
.sdl-inspector button:hover { border-color: var(--sdl-muted); }
.sdl-inspector .clear { border: 0; background: none; font-size: 1.2rem; line-height: 1; color: var(--sdl-muted); min-width: 28px; }
.sdl-inspector .texts { list-style: none; margin: 0; padding: 0; font-size: 0.8125rem; }
.sdl-inspector .texts li { padding: 0.35rem 0; border-top: 1px solid var(--sdl-grid); }
.sdl-inspector .texts .bar { display: block; height: 3px; margin-bottom: 0.25rem; background: var(--sdl-grid); border-radius: 2px; }
.sdl-inspector .texts .bar i { display: block; height: 100%; border-radius: 2px; background: var(--sdl-a); }
.sdl-inspector .texts .bar[data-run='B'] i { background: var(--sdl-b); }
.sdl-inspector .texts .activation { font-weight: 600; margin-right: 0.3rem; }
.sdl-inspector .texts em { color: var(--sdl-muted); font-style: normal; white-space: nowrap; }
`;
