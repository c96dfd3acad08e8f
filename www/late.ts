/**
 * What the first load does without: presets, fetched once the runs have begun, and the words that explain each
 * control, fetched when a group of controls is first opened.
 */
import type { Explanation } from './explanations';
import type { KnobPath } from './knobs';
import type { Preset } from './presets';

let explanations: Record<KnobPath, Explanation> | undefined;
let presets: readonly Preset[] = [];

/** None until they are there. */
export const explanationOf = (path: KnobPath): Explanation | undefined => explanations?.[path];
export const presetsNow = (): readonly Preset[] => presets;

/** Whether there is anything new to show; a failed load may be tried again. */
export async function loadExplanations(): Promise<boolean> {
  if (explanations) return false;
  explanations = (await import('./explanations')).EXPLANATIONS;
  return true;
}

export async function loadPresets(): Promise<boolean> {
  if (presets.length > 0) return false;
  presets = (await import('../src/config/presets.json')).default as readonly Preset[];
  return true;
}
