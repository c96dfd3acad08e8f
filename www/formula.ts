/** Formulas as they are typed, `w_D^{i,s}`, with their subscripts and superscripts set as such. */
import { html, type TemplateResult } from 'lit';

/** A mark, and what it raises or lowers: braces, or letters and digits, with an index after a comma. */
const SCRIPT = /([_^])(?:\{([^}]*)\}|([\p{L}\p{N}*]+(?:,\p{L})?))/gu;

export function formula(text: string): (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = [];
  let at = 0;
  for (const found of text.matchAll(SCRIPT)) {
    const inside = formula(found[2] ?? found[3]);
    parts.push(text.slice(at, found.index), found[1] === '_' ? html`<sub>${inside}</sub>` : html`<sup>${inside}</sup>`);
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}
