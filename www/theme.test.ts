/** Text and marks stand out enough from the paper, in light and in dark (WCAG 2: 4.5 for text, 3 for graphics). */
import { describe, expect, it } from 'vitest';
import { dark, light, type Palette, themeCss } from './theme';
import { channels, colourTable, indexOf } from './views/ramp';

/** Relative luminance of red, green and blue from 0 to 255. */
function luminance(colour: number[]): number {
  const [red, green, blue] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** CIE L*, in which equal steps look equal. */
function lightness(colour: number[]): number {
  return 116 * Math.cbrt(Math.max(0.008856, luminance(colour))) - 16;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(channels(a)), luminance(channels(b))].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_name, palette: Palette) => {
  it.each(['ink', 'muted', 'aInk', 'bInk', 'select'] as const)('%s reads as text', (name) => {
    expect(contrast(palette[name], palette.paper)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette[name], palette.raised)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(['a', 'b', 'truth', 'dead', 'negative', 'positive'] as const)('%s shows as a mark', (name) => {
    expect(contrast(palette[name], palette.paper)).toBeGreaterThanOrEqual(3);
  });
  it('is lighter or darker in proportion to the cosine', () => {
    const table = colourTable(palette);
    const at = (cosine: number) => {
      const packed = table[indexOf(cosine)];
      return lightness([packed & 255, (packed >> 8) & 255, (packed >> 16) & 255]);
    };
    for (const end of [-1, 1])
      for (let share = 0; share <= 1; share += 0.05)
        expect(Math.abs(at(end * share) - (at(0) + share * (at(end) - at(0))))).toBeLessThan(2.5);
  });
  it('has both ends of the cosine scale about equally far from its middle', () => {
    const [low, high] = [contrast(palette.negative, palette.zero), contrast(palette.positive, palette.zero)];
    expect(Math.max(low, high) / Math.min(low, high)).toBeLessThan(1.4);
  });
  it('is in the style sheet', () => expect(themeCss).toContain(`--sdl-a-ink: ${palette.aInk};`));
});
