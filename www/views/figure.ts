/**
 * What every canvas figure has: heading, one-line finding, sharp canvas, tooltip, legend, caption, spoken words.
 *
 * It draws at most once per animation frame, only while it has a width, and follows size, pixel ratio and theme.
 * What is drawn, and what pointer and keys mean, is the view's.
 */
import { readTheme, type Theme, watchTheme } from '../theme';
import { adoptStyles } from './style';
import type { RunData } from './view';

export interface Surface {
  ctx: CanvasRenderingContext2D;
  width: number;
  height: number;
  theme: Theme;
}

export interface FigureOptions {
  title: string;
  /** Height of the canvas in CSS pixels for a width. */
  height(width: number): number;
  draw(surface: Surface): void;
  /** What the keys do, in a sentence. */
  keys?: string;
  /** Rules of its own, beside those that all figures share. */
  css?: string;
}

export class Figure {
  readonly element = document.createElement('figure');
  readonly head = child(this.element, 'div', 'head');
  readonly stage: HTMLElement;
  readonly canvas = document.createElement('canvas');
  readonly legend: HTMLElement;
  readonly caption: HTMLElement;
  private readonly ended = new AbortController();
  /** Aborted by `destroy`: give it to every listener. */
  readonly signal = this.ended.signal;
  private readonly run: HTMLElement;
  private readonly findingLine: HTMLElement;
  private readonly tip: HTMLElement;
  private readonly spoken: HTMLElement;
  private readonly resize: ResizeObserver;
  private theme: Theme | null = null;
  private width = 0;
  private frame = 0;
  private readonly label = new Label(this.canvas);

  constructor(
    root: HTMLElement,
    private readonly options: FigureOptions,
  ) {
    this.element.className = 'sdl-figure';
    this.run = child(this.head, 'p', 'run');
    child(this.head, 'h3').textContent = options.title;
    this.findingLine = child(this.element, 'p', 'finding');
    this.stage = child(this.element, 'div', 'stage');
    this.canvas.className = 'plot';
    this.canvas.tabIndex = 0;
    // Arrow keys belong to the figure, so a screen reader has to pass them on.
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'interactive figure');
    this.canvas.setAttribute('aria-label', options.title);
    this.stage.append(this.canvas);
    this.tip = child(this.stage, 'div', 'tip');
    this.tip.hidden = true;
    this.spoken = child(this.stage, 'div', 'spoken');
    this.spoken.setAttribute('aria-live', 'polite');
    this.legend = child(this.element, 'ul', 'legend');
    this.caption = child(this.element, 'figcaption', 'caption');
    root.append(this.element);
    this.resize = new ResizeObserver(([entry]) => {
      this.width = entry.contentRect.width;
      this.invalidate();
    });
    this.resize.observe(this.stage);
  }

  /** Draw again at the next animation frame. */
  invalidate(): void {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Which run this is a figure of. */
  showRun(run: RunData): void {
    this.run.dataset.run = run.label;
    this.element.dataset.run = run.label;
    setText(this.run, `${run.label} · ${run.title}`);
  }

  /** The figure's finding in a sentence: shown under the heading and, once a second, told to screen readers (`also` with more). */
  showFinding(text: string, also = ''): void {
    setText(this.findingLine, text);
    const { title, keys = 'Arrow keys move, Enter selects, Escape clears.' } = this.options;
    this.label.set([title, text, also, keys].filter(Boolean).join(' '));
  }

  showCaption(text: string): void {
    setText(this.caption, text);
  }

  /** Shows the lines (the first one is bold) beside a point of the canvas; null hides them. */
  showTip(at: { x: number; y: number } | null, lines: string[] = []): void {
    this.tip.hidden = at === null;
    if (!at) return;
    const key = lines.join('\n');
    if (this.tip.dataset.key !== key) {
      this.tip.dataset.key = key;
      const head = document.createElement('b');
      head.textContent = lines[0] ?? '';
      const facts = lines.slice(1).map((line) => {
        const fact = document.createElement('div');
        fact.textContent = line;
        return fact;
      });
      this.tip.replaceChildren(head, ...facts);
    }
    const { offsetWidth, offsetHeight } = this.tip;
    const left = at.x + 14 + offsetWidth > this.width ? at.x - 14 - offsetWidth : at.x + 14;
    const top = at.y - offsetHeight - 10 < 0 ? at.y + 14 : at.y - offsetHeight - 10;
    this.tip.style.transform = `translate(${Math.round(Math.max(0, Math.min(left, this.width - offsetWidth)))}px, ${Math.round(top)}px)`;
  }

  /** Whether the visitor is at this figure, by pointer or keyboard: only it shows a tooltip, linked ones just highlight. */
  pointed(): boolean {
    return this.canvas.matches(':hover, :focus-visible');
  }

  /** Tells a screen reader what the keyboard has moved to. */
  say(lines: string[]): void {
    setText(this.spoken, lines.join('. '));
  }

  destroy(): void {
    this.ended.abort();
    cancelAnimationFrame(this.frame);
    this.label.destroy();
    this.resize.disconnect();
    this.element.remove();
  }

  private draw(): void {
    this.frame = 0;
    if (this.width < 40 || !this.element.isConnected) return;
    if (!this.theme) {
      adoptStyles(this.element, this.options.css ?? '');
      watchTheme(this.element, () => this.retheme(), this.signal);
      this.theme = readTheme(this.element);
    }
    const { canvas, width } = this;
    const ratio = devicePixelRatio || 1;
    const height = Math.round(this.options.height(width));
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    this.options.draw({ ctx, width, height, theme: this.theme });
  }

  private retheme(): void {
    this.theme = readTheme(this.element);
    this.invalidate();
  }
}

/** An element's aria-label, renewed at most once a second: figures change too fast to be read out. */
export class Label {
  private text = '';
  private timer = 0;
  private told = false;

  constructor(private readonly element: HTMLElement) {}

  set(text: string): void {
    this.text = text;
    this.timer ||= window.setTimeout(() => this.tell(), this.told ? 1000 : 0);
  }

  destroy(): void {
    clearTimeout(this.timer);
  }

  private tell(): void {
    this.timer = 0;
    this.told = true;
    this.element.setAttribute('aria-label', this.text);
  }
}

/** Makes keys that the figure used its own, so that the page's shortcuts do not also act on them. */
export function claim(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Sets text only where it differs, so that an unchanged line costs no layout. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function child(parent: HTMLElement, tag: string, className = ''): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.append(element);
  return element;
}
