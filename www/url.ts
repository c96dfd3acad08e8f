/**
 * State ⇄ URL hash: `#v=1&scenario=bench&seed=7&n=32&…&a.la=0&b.la=0.1`.
 *
 * Written complete: every knob, so that a link gives the same run after defaults have changed. Read with
 * suspicion: what is unknown, out of range or too long becomes a problem that says what would be right, and the
 * default stands in. Nothing from a link is ever put anywhere but into typed values and into text.
 */
import { withTaskData } from './fitted';
import { expected, fits, KNOBS, type Knob, type KnobValue, knobAt, knobByKey, numberOf } from './knobs';
import { SCENARIOS, scenarioById } from './scenarios';
import {
  BACKENDS,
  BASES,
  defaultState,
  isSplit,
  LABELS,
  type PageState,
  SPEEDS,
  THEMES,
  withoutSplit,
  withValue,
} from './state';

export const VERSION = '1';
/** A complete link has about 1,200 characters. */
const MAX_LENGTH = 4000;

/** What is wrong with one part of a link. */
export interface Problem {
  key: string;
  value: string;
  expected: string;
}

const VIEW_KEYS = { basis: BASES, theme: THEMES, backend: BACKENDS, speed: SPEEDS } as const;
type ViewKey = keyof typeof VIEW_KEYS;

export function hashOf(state: PageState): string {
  const parts: [string, string][] = [
    ['v', VERSION],
    ['scenario', state.scenario],
  ];
  for (const knob of KNOBS) parts.push([knob.key, written(state.shared[knob.path])]);
  for (const knob of KNOBS.filter((knob) => isSplit(state, knob.path))) {
    for (const label of LABELS) {
      const value = state.only[label][knob.path] ?? state.shared[knob.path];
      parts.push([`${label.toLowerCase()}.${knob.key}`, written(value)]);
    }
  }
  const plain = defaultState();
  for (const key of Object.keys(VIEW_KEYS) as ViewKey[]) {
    if (state[key] !== plain[key]) parts.push([key, state[key]]);
  }
  return `#${parts.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Never throws. What a link leaves out is as in its scenario. */
export function readHash(hash: string): { state: PageState; problems: Problem[] } {
  const text = hash.replace(/^#/, '');
  if (text === '') return { state: defaultState(), problems: [] };
  if (text.length > MAX_LENGTH) {
    const problem = { key: 'link', value: `${text.length} characters`, expected: `at most ${MAX_LENGTH} characters` };
    return { state: defaultState(), problems: [problem] };
  }
  const problems: Problem[] = [];
  const given = partsOf(text, problems);

  const version = given.get('v') ?? VERSION;
  if (version !== VERSION) {
    problems.push({ key: 'v', value: short(version), expected: `${VERSION}, the only version of links so far` });
    return { state: defaultState(), problems };
  }
  const named = given.get('scenario') ?? SCENARIOS[0].id;
  const scenario = scenarioById(named);
  if (!scenario)
    problems.push({ key: 'scenario', value: short(named), expected: SCENARIOS.map((s) => s.id).join(', ') });
  let state = defaultState(scenario);
  given.delete('v');
  given.delete('scenario');

  // Shared values first, whatever their place in the link: each replaces the scenario's contrast in that knob.
  for (const [key, value] of given) {
    const knob = knobByKey(key);
    if (!knob) continue;
    const parsed = parsedBy(knob, value, key, problems);
    if (parsed !== undefined)
      state = { ...withoutSplit(state, knob.path), shared: { ...state.shared, [knob.path]: parsed } };
  }
  for (const [key, value] of given) {
    if (knobByKey(key)) continue;
    if (isViewKey(key)) {
      const allowed: readonly string[] = VIEW_KEYS[key];
      if (allowed.includes(value)) state = { ...state, [key]: value };
      else problems.push({ key, value: short(value), expected: allowed.join(', ') });
      continue;
    }
    const label = key.startsWith('a.') ? 'A' : key.startsWith('b.') ? 'B' : undefined;
    const knob = label && knobByKey(key.slice(2));
    if (!knob) problems.push({ key: short(key), value: short(value), expected: 'a setting of this page' });
    else if (!knob.perRun) problems.push({ key, value: short(value), expected: `${knob.key} alone: A and B share it` });
    else {
      const parsed = parsedBy(knob, value, key, problems);
      if (parsed !== undefined) state = withValue(state, knob.path, parsed, label);
    }
  }
  // A short link that names a task need not name the data for it.
  if (!given.has('data')) state = withTaskData(state);
  return { state, problems };
}

/** One sentence a problem, for the notice. */
export function saidOfProblem(problem: Problem): string {
  return `${problem.key} = “${problem.value}”: expected ${problem.expected}. The default is used instead.`;
}

/** The state with one setting back at its scenario's default; for a value the engine refuses. */
export function withDefaultAt(state: PageState, path: string): PageState {
  if (!knobAt(path)) return state;
  const plain = defaultState(scenarioById(state.scenario));
  let next: PageState = { ...withoutSplit(state, path), shared: { ...state.shared, [path]: plain.shared[path] } };
  for (const label of LABELS) {
    if (Object.hasOwn(plain.only[label], path)) next = withValue(next, path, plain.only[label][path], label);
  }
  return next;
}

function partsOf(text: string, problems: Problem[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const part of text.split('&').filter(Boolean)) {
    const cut = part.indexOf('=');
    const key = decoded(cut < 0 ? part : part.slice(0, cut));
    const value = cut < 0 ? '' : decoded(part.slice(cut + 1));
    if (given.has(key)) problems.push({ key: short(key), value: short(value), expected: 'to be given once' });
    else given.set(key, value);
  }
  return given;
}

function parsedBy(knob: Knob, text: string, key: string, problems: Problem[]): KnobValue | undefined {
  let value: KnobValue = text;
  if (knob.kind === 'number') value = numberOf(text);
  if (knob.kind === 'switch') value = text === '1' ? true : text === '0' ? false : text;
  if (fits(knob, value)) return value;
  problems.push({ key, value: short(text), expected: expected(knob) });
  return undefined;
}

function written(value: KnobValue): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
const isViewKey = (key: string): key is ViewKey => Object.hasOwn(VIEW_KEYS, key);
