/** Text inputs that show the state without wiping what is being typed when the page is drawn anew meanwhile. */
import { noChange } from 'lit';
import { Directive, directive, type PropertyPart } from 'lit/directive.js';
import { setCommittedValue } from 'lit/directive-helpers.js';

const typing = new WeakSet<EventTarget>();

/** For `@input`: from here on the text is the visitor's … */
export function typed(event: Event): void {
  if (event.currentTarget) typing.add(event.currentTarget);
}

/** … until it is confirmed: call it on `change`. */
export function settled(event: Event): void {
  if (event.currentTarget) typing.delete(event.currentTarget);
}

class Settled extends Directive {
  override render(value: string): string {
    return value;
  }

  override update(part: PropertyPart, [value]: [string]): unknown {
    const input = part.element as HTMLInputElement;
    if (typing.has(input) || input.value === value) return noChange;
    // Also where the last value drawn was the same: a text that was refused goes.
    setCommittedValue(part);
    return value;
  }
}

/** As Lit's `live`, for the `.value` of an input with `@input=${typed}`. */
export const unlessTyping = directive(Settled);
