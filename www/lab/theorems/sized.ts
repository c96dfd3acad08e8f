/** A picture that is drawn anew for every width, so that its words keep their size. */
import { html, nothing, render, type TemplateResult } from 'lit';

export interface Picture {
  title: string;
  finding: string;
  caption?: unknown;
  keys?: readonly { name: string; mark: TemplateResult }[];
  /** The SVG for a width in CSS pixels. */
  draw(width: number): TemplateResult;
}

/** A figure in `at`; `show` draws, `end` lets go. */
export class SizedFigure {
  private readonly resize: ResizeObserver;
  private picture: Picture | undefined;
  private width = 0;

  constructor(private readonly at: HTMLElement) {
    this.resize = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width === this.width) return;
      this.width = width;
      this.draw();
    });
    this.resize.observe(at);
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.draw();
  }

  end(): void {
    this.resize.disconnect();
  }

  private draw(): void {
    const { picture, width } = this;
    if (!picture || width < 40) return;
    const keys = picture.keys?.map((key) => html`<li>${key.mark} ${key.name}</li>`);
    render(
      html`<figure class="lab-figure">
        <h3>${picture.title}</h3>
        <p class="finding" role="status">${picture.finding}</p>
        ${picture.draw(width)}
        ${keys ? html`<ul class="keys">${keys}</ul>` : nothing}
        ${picture.caption ? html`<figcaption>${picture.caption}</figcaption>` : nothing}
      </figure>`,
      this.at,
    );
  }
}

/** What a room's own elements are, by name: `const { grid } = places(at, 'grid', …)`. */
export function places<Name extends string>(at: HTMLElement, ...names: Name[]): Record<Name, HTMLElement> {
  const found = names.map((name) => [name, at.querySelector<HTMLElement>(`[data-at="${name}"]`)] as const);
  const missing = found.find(([, element]) => !element);
  if (missing) throw new Error(`the room has no place for ${missing[0]}`);
  return Object.fromEntries(found) as Record<Name, HTMLElement>;
}
