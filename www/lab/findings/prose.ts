/** The little Markdown that a README below `results/` is written in, as elements: nothing of it becomes markup by itself. */
import { html, type TemplateResult } from 'lit';

/** Paragraphs, lists, headings and code; the first heading (the title) and pictures are left to the page. */
export function prose(markdown: string): TemplateResult {
  const parts = markdown.split(/^```.*$/m);
  const blocks = parts.flatMap((part, ix) => (ix % 2 === 1 ? [code(part)] : part.split(/\n{2,}/).map(block)));
  return html`${blocks}`;
}

function code(text: string): TemplateResult {
  return html`<pre tabindex="0"><code>${text.trim()}</code></pre>`;
}

function block(text: string): TemplateResult {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('# ') || trimmed.startsWith('![')) return html``;
  if (trimmed.startsWith('## ')) return html`<h3>${inline(trimmed.slice(3))}</h3>`;
  const items = (mark: RegExp) => trimmed.split(mark).slice(1);
  const list = (items: string[]) => items.map((item) => html`<li>${inline(item.trim())}</li>`);
  if (/^- /.test(trimmed)) return html`<ul>${list(items(/^- /m))}</ul>`;
  if (/^\d+\. /.test(trimmed)) return html`<ol>${list(items(/^\d+\. /m))}</ol>`;
  return html`<p>${inline(trimmed)}</p>`;
}

/** Bold, emphasis and code; the rest is text. */
function inline(text: string): unknown[] {
  const flat = text.replace(/\s+/g, ' ');
  return flat.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**') && part.length > 4) return html`<strong>${part.slice(2, -2)}</strong>`;
    if (part.startsWith('*') && part.length > 2) return html`<em>${part.slice(1, -1)}</em>`;
    if (part.startsWith('`') && part.length > 2) return html`<code>${part.slice(1, -1)}</code>`;
    return part;
  });
}
