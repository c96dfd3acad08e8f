/**
 * Parents and children as the tree shows them: edges by name instead of by column, who answers to whom, in which order
 * latents stand beside them, and what is said of it.
 */
import type { Absorption } from '../engine';
import type { RunData } from './view';
import { count, featureName, many, percent, score } from './words';

/** One child and its parent; NaN where undefined. */
export interface Edge {
  parent: number;
  child: number;
  rows: number;
  full: number;
  fraction: number;
  gap: number;
  leakage: number;
  /** Who speaks for the parent while its own latent is silent, and on which share of those samples. */
  speaker: { latent: number; share: number } | null;
}

export interface Answer {
  latent: number;
  /** The best one-to-one pairing gives the feature this latent; others fire on most of its samples too. */
  matched: boolean;
}

/** From this share of the samples on, a child counts as absorbing its parent. */
export const ABSORBED = 0.5;

const COLUMNS = 9;
const NONE = 0xffffffff;

export function edgesOf({ edges }: Absorption): Edge[] {
  return Array.from({ length: edges.length / COLUMNS }, (_, e) => {
    const [parent, child, rows, full, fraction, gap, leakage, latent, share] = edges.subarray(
      e * COLUMNS,
      (e + 1) * COLUMNS,
    );
    return { parent, child, rows, full, fraction, gap, leakage, speaker: latent < 0 ? null : { latent, share } };
  });
}

/** [features of families] the latents that answer to each, its own first. */
export function answersOf({ answers }: Absorption): Answer[][] {
  const of: Answer[][] = [];
  for (let at = 0; at < answers.length; at += 2) {
    const [feature, latent] = answers.subarray(at, at + 2);
    const first = of[feature] === undefined;
    of[feature] ??= [];
    if (latent !== NONE) of[feature].push({ latent, matched: first });
  }
  return of;
}

/** All latents: those that answer to a node in the order of the nodes, then the rest. A clean model is a staircase. */
export function columnOrder(answers: Answer[][], nodes: readonly number[], nLatent: number): number[] {
  const order = new Set<number>();
  for (const pass of [true, false])
    for (const node of nodes)
      for (const { latent, matched } of answers[node] ?? []) if (matched === pass) order.add(latent);
  for (let latent = 0; latent < nLatent; latent++) order.add(latent);
  return [...order];
}

/** Parents, each followed by its children. */
export const nodesOf = (edges: readonly Edge[]): number[] => [
  ...new Set(edges.flatMap(({ parent, child }) => [parent, child])),
];

export const isAbsorbed = ({ full }: Edge): boolean => full >= ABSORBED;

/** What a tooltip and a screen reader say of an edge. */
export function edgeLines(run: RunData, edge: Edge): string[] {
  const { world } = run;
  const lines = [
    `${featureName(world, edge.child)} under ${featureName(world, edge.parent)}${isAbsorbed(edge) ? ': absorbed' : ''}`,
    `full absorption ${percent(edge.full)} of ${many(edge.rows, 'sample')}`,
    `absorption fraction ${score(edge.fraction)}`,
    `recall gap ${score(edge.gap)}`,
    `leakage ${score(edge.leakage)}`,
  ];
  if (edge.speaker)
    lines.push(
      `where its latent is silent, latent ${edge.speaker.latent} speaks for the parent (fires on ${percent(edge.speaker.share)})`,
    );
  return lines;
}

/** What a tooltip says of a parent. */
export function parentLines(run: RunData, parent: number, edges: readonly Edge[], answers: Answer[][]): string[] {
  const own = answers[parent]?.find(({ matched }) => matched);
  const hidden = edges.filter((edge) => edge.parent === parent && isAbsorbed(edge));
  const of = edges.filter((edge) => edge.parent === parent).length;
  return [
    `${featureName(run.world, parent)}, parent of ${of}`,
    own ? `its own latent is ${own.latent}` : 'no latent of its own',
    hidden.length > 0 ? `hidden by ${hidden.length} of its ${of} children` : 'hidden by none of its children',
  ];
}

/** The finding, with the means over all edges. */
export function treeSentence(run: RunData): string {
  const { absorption } = run.frame.metrics;
  if (!absorption) return 'The model is too large to measure absorption in every frame.';
  const edges = edgesOf(absorption);
  const n = edges.filter(isAbsorbed).length;
  const [full, fraction, gap, leakage] = absorption.means;
  return `${count(n)} of ${many(edges.length, 'child').replace('childs', 'children')} ${n === 1 ? 'hides its' : 'hide their'} parent on most samples. Means: full ${score(full)}, fraction ${score(fraction)}, recall gap ${score(gap)}, leakage ${score(leakage)}.`;
}
