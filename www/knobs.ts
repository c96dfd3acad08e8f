/**
 * The one table of controls: what can be set, within what bounds, and to what effect.
 *
 * Inputs (`controls.ts`), the URL (`url.ts`) and the defaults (`values.ts`) are all read from here; its rows stand in
 * `knobs/`, what each means in `explanations.ts`. Bounds are generous limits for a browser; what only makes sense
 * together (k ≤ n_latent, memory) the engine judges.
 */
import type { Knob, KnobValue, ListKnob } from './knobs/knob';
import { LOSS } from './knobs/loss';
import { MODEL } from './knobs/model';
import { TRAINING } from './knobs/training';
import { WORLD } from './knobs/world';

export * from './knobs/knob';

export const KNOBS: readonly Knob[] = [...WORLD, ...MODEL, ...LOSS, ...TRAINING];

const BY_PATH = new Map<string, Knob>(KNOBS.map((knob) => [knob.path, knob]));
const BY_KEY = new Map<string, Knob>(KNOBS.map((knob) => [knob.key, knob]));

export const knobAt = (path: string): Knob | undefined => BY_PATH.get(path);
export const knobByKey = (key: string): Knob | undefined => BY_KEY.get(key);

/** What would be right, in words: for messages beside inputs, about links and from scripts. */
export function expected(knob: Knob): string {
  switch (knob.kind) {
    case 'number':
      return `${knob.integer ? 'a whole number' : 'a number'} from ${knob.min} to ${knob.max}`;
    case 'choice':
      return knob.choices.map((choice) => choice.value).join(' or ');
    case 'switch':
      return '1 or 0';
    case 'list':
      return `nothing, or at most ${knob.most} ${knob.rising ? 'rising whole numbers' : 'numbers'} from ${knob.min} to ${knob.max}, such as ${knob.example}`;
    default:
      return knob satisfies never;
  }
}

/** Is this value one the knob can take? (Whether it goes with the others, the engine says.) */
export function fits(knob: Knob, value: unknown): value is KnobValue {
  switch (knob.kind) {
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= knob.min &&
        value <= knob.max &&
        (!knob.integer || Number.isInteger(value))
      );
    case 'choice':
      return knob.choices.some((choice) => choice.value === value);
    case 'switch':
      return typeof value === 'boolean';
    case 'list':
      return typeof value === 'string' && fitsList(knob, value);
    default:
      return knob satisfies never;
  }
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const LONGEST_NUMBER = 32;

/** A number written out in full, or NaN: no hexadecimal, no blanks, no infinity. */
export function numberOf(text: string): number {
  return NUMBER.test(text) && text.length <= LONGEST_NUMBER ? Number(text) : Number.NaN;
}

/** The numbers of a list's text. */
export const numbersOf = (text: string): number[] => (text === '' ? [] : text.split(',').map(numberOf));

/** A visitor's text as a list is kept: "4, 16,64" → "4,16,64". What is no number stays as it is, to be refused. */
export function listText(text: string): string {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  return parts.map((part) => (Number.isNaN(numberOf(part)) ? part : String(numberOf(part)))).join(',');
}

function fitsList(knob: ListKnob, text: string): boolean {
  const numbers = numbersOf(text);
  const inBounds = numbers.every((number) => number >= knob.min && number <= knob.max);
  const rises = numbers.every((number, i) => Number.isInteger(number) && (i === 0 || number > numbers[i - 1]));
  return numbers.length <= knob.most && inBounds && (!knob.rising || rises);
}
