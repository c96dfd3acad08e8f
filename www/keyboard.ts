/** The shortcuts: keys that no input, button or figure has a use for. */

export interface Actions {
  toggle(): void;
  step(n: number): void;
  reset(): void;
  newSeed(): void;
  help(): void;
}

/** Listens on `target` until the signal ends. */
export function listenToKeys(target: EventTarget, actions: Actions, signal: AbortSignal): void {
  target.addEventListener('keydown', (event) => pressed(event as KeyboardEvent, actions), { signal });
}

function pressed(event: KeyboardEvent, actions: Actions): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.composedPath()[0];
  if (!(at instanceof Element)) return;
  if (at.closest('input, select, textarea, [contenteditable]')) return;
  // Space and Enter belong to what is focused.
  if (event.key === ' ' && at.closest('button, summary, a')) return;
  const act = actionOf(event, actions);
  if (!act || (event.repeat && event.key !== 'ArrowRight')) return;
  event.preventDefault();
  act();
}

function actionOf(event: KeyboardEvent, actions: Actions): (() => void) | undefined {
  switch (event.key) {
    case ' ':
      return () => actions.toggle();
    case 'ArrowRight':
      return () => actions.step(event.shiftKey ? 10 : 1);
    case 'r':
    case 'R':
      return () => actions.reset();
    case 'n':
    case 'N':
      return () => actions.newSeed();
    case '?':
      return () => actions.help();
    default:
      return undefined;
  }
}
