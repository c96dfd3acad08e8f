/** Edges and answers read off the engine's rows of numbers; the order of columns; what is said. */
import { describe, expect, test } from 'vitest';
import { makeRun, makeWorld } from './synthetic';
import {
  answersOf,
  columnOrder,
  edgeLines,
  edgesOf,
  isAbsorbed,
  nodesOf,
  parentLines,
  treeSentence,
} from './tree-words';

const NONE = 0xffffffff;
/** Parent 0 with children 1 and 2: the first absorbs it by latent 3, the second is clean. */
const absorption = {
  edges: new Float32Array([0, 1, 200, 0.9, 0.95, 0.8, 0.7, 3, 1, 0, 2, 150, 0, 0, 0, 0.01, -1, 0]),
  answers: new Uint32Array([0, 5, 1, 3, 1, 4, 2, NONE]),
  means: new Float32Array([0.45, 0.475, 0.4, 0.355, 0.51, 0.54, 0.46, 0.4]),
};

function run() {
  const shape = { n_features: 6, n_input: 6, n_latent: 8 };
  const made = makeRun('A', shape, makeWorld(shape), 1);
  return { ...made, frame: { ...made.frame, metrics: { ...made.frame.metrics, absorption } } };
}

describe('the tree', () => {
  const edges = edgesOf(absorption);
  const answers = answersOf(absorption);

  test('names the numbers of an edge', () => {
    expect(edges).toHaveLength(2);
    expect(edges[0]).toMatchObject({ parent: 0, child: 1, rows: 200, speaker: { latent: 3, share: 1 } });
    expect(edges[0].fraction).toBeCloseTo(0.95);
    expect(edges[1].speaker).toBeNull();
    expect(edges.map(isAbsorbed)).toEqual([true, false]);
    expect(nodesOf(edges)).toEqual([0, 1, 2]);
  });

  test('tells a feature’s own latent from others, and from none', () => {
    expect(answers[0]).toEqual([{ latent: 5, matched: true }]);
    expect(answers[1]).toEqual([
      { latent: 3, matched: true },
      { latent: 4, matched: false },
    ]);
    expect(answers[2]).toEqual([]);
  });

  test('puts latents in the order of the nodes they answer to, each once', () => {
    expect(columnOrder(answers, [0, 1, 2], 8)).toEqual([5, 3, 4, 0, 1, 2, 6, 7]);
  });

  test('says who is absorbed and who speaks', () => {
    const lines = edgeLines(run(), edges[0]).join('\n');
    expect(lines).toContain('feature 1 under feature 0: absorbed');
    expect(lines).toContain('full absorption 90 % of 200 samples');
    expect(lines).toContain('latent 3 speaks for the parent');
    expect(edgeLines(run(), edges[1]).join('\n')).not.toContain('absorbed\n');
    expect(parentLines(run(), 0, edges, answers)).toContain('hidden by 1 of its 2 children');
    expect(treeSentence(run())).toMatch(/^1 of 2 children hides its parent.*full 0\.450.*leakage 0\.355/);
  });
});
