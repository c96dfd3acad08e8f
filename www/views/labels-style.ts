/** The rules of the figure of labels, beside those that all figures share (`style.ts`). */

export const labelsCss = `
.sdl-labels .ask { display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; margin: 0 0 0.5rem; color: var(--sdl-muted); font-size: var(--sdl-small); }
.sdl-labels button { font: inherit; color: var(--sdl-ink); cursor: pointer; border-radius: 5px; }
.sdl-labels .ask button, .sdl-labels .latent { font-size: var(--sdl-small); background: var(--sdl-raised); border: 1px solid var(--sdl-rule); padding: 0.1rem 0.5rem; min-height: 26px; }
.sdl-labels button:focus-visible { outline: 2px solid var(--sdl-select); outline-offset: 1px; }
.sdl-labels .labels { list-style: none; margin: 0; padding: 0; max-height: 30rem; overflow: auto; border-block: 1px solid var(--sdl-grid); }
.sdl-labels .labels > li + li { border-top: 1px solid var(--sdl-grid); }
.sdl-labels .labels > li[data-faint] .label { color: var(--sdl-muted); }
.sdl-labels .label { display: grid; grid-template-columns: 8.5rem 1fr 3.2rem; gap: 0.5rem; align-items: center; width: 100%; border: 0; background: none;
  text-align: left; padding: 0.2rem 0.2rem; min-height: 26px; }
.sdl-labels .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sdl-labels .value { text-align: right; font-weight: 600; }
.sdl-labels .gauge { position: relative; height: 11px; border-bottom: 1px solid var(--sdl-rule); }
.sdl-labels .gauge i { position: absolute; inset: 0 auto 0 0; --hue: var(--sdl-a); box-sizing: border-box; }
.sdl-labels [data-run='B'] .gauge i { --hue: var(--sdl-b); }
.sdl-labels .gauge .fraction { border: 1px solid var(--hue); }
.sdl-labels .gauge .full { background: repeating-linear-gradient(135deg, var(--hue) 0 2px, transparent 2px 5px); }
.sdl-labels .details { padding: 0 0.2rem 0.6rem; font-size: 0.8125rem; }
.sdl-labels .details p { margin: 0.3rem 0; text-wrap: pretty; }
.sdl-labels .latent { margin-right: 0.25rem; }
.sdl-labels .texts { margin: 0.2rem 0 0.4rem; padding-left: 1.2rem; color: var(--sdl-muted); }
`;
