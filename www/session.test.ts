/** What becomes of a change, of a refusal and of a divergence: the state, the runs and the words for the visitor. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Config } from './engine';
import type { PlayedRun } from './player';
import { scenarioById } from './scenarios';
import { Session } from './session';
import { configsOf, defaultState, type PageState, withValue } from './state';
import { FakeRun } from './testing';

vi.mock('./data', () => ({
  dataSet: async () => ({ tensors: new Uint8Array(3), texts: [] }),
  progressWords: (name: string) => name,
}));

let a: FakeRun;
let b: FakeRun;
let session: Session;
let steps: number[];

function begin(state: PageState): Promise<void> {
  [a, b] = [new FakeRun(), new FakeRun()];
  const refuses = (config: Config) =>
    config.model.k > config.model.n_latent
      ? { field: 'model.k', value: String(config.model.k), expected: `at most ${config.model.n_latent}`, message: '' }
      : null;
  a.refuses = refuses;
  b.refuses = refuses;
  steps = [];
  const draw = async (runs: readonly PlayedRun[]) => {
    steps.push(runs[0].frame.step);
  };
  const hooks = { changed: () => {}, draw, announce: () => {} };
  session = new Session({ A: a, B: b }, { ...state, backend: 'cpu' }, hooks, true);
  return session.open(session.state);
}

const plain = defaultState(scenarioById('bench'));
const count = (kind: string) => a.calls.filter((call) => call === kind).length;
const texts = () => session.notices.map((notice) => notice.text);

beforeEach(() => begin(plain));

test('a live change keeps the run, any other starts it anew', async () => {
  await session.player.step(10);
  await session.apply(withValue(session.state, 'training.learning_rate', 0.01));
  expect([count('start'), count('configure'), session.player.at]).toEqual([1, 1, 10]);
  expect(b.config?.training.learning_rate).toBe(0.01);
  await session.apply(withValue(session.state, 'model.n_latent', 32));
  expect([count('start'), session.player.at, b.config?.model.n_latent]).toEqual([2, 0, 32]);
  await session.player.step(10);
  await session.apply(session.state, true);
  expect([count('start'), session.player.at]).toEqual([3, 0]);
});

test('how it is looked at touches no run', async () => {
  const before = a.calls.length;
  await session.apply({ ...session.state, theme: 'dark', basis: 'encoder_raw' });
  expect(a.calls.length).toBe(before);
});

test.each(['model.k', 'model.n_latent'])('a refused %s is told and undone; the run goes on', async (path) => {
  await session.player.step(10);
  const bad = path === 'model.k' ? 65 : 2;
  await session.apply(withValue(session.state, path, bad));
  expect(texts()).toEqual([expect.stringContaining('model.k = ')]);
  expect(configsOf(session.state)).toEqual(configsOf({ ...plain, backend: 'cpu' }));
  expect(session.player.phase).toBe('paused');
  await session.player.step(1);
  expect(session.player.at).toBe(11);
});

test('of two changes in a row the second builds on what the first has left', async () => {
  const first = session.apply(withValue(session.state, 'model.k', 65));
  const second = session.apply(withValue(session.state, 'model.k', 5));
  await Promise.all([first, second]);
  expect([session.state.shared['model.k'], a.config?.model.k]).toEqual([5, 5]);
});

test('a change that comes while the first runs are being set up is not lost', async () => {
  const opened = begin(plain);
  const call = b.call.bind(b);
  let changed: Promise<void> | undefined;
  b.call = (kind, ask) => {
    if (kind === 'start') changed ??= session.apply(withValue(session.state, 'model.n_latent', 32));
    return call(kind, ask);
  };
  await opened;
  await changed;
  expect([count('start'), a.config?.model.n_latent, b.config?.model.n_latent]).toEqual([2, 32, 32]);
});

test('a link whose setting the engine refuses starts with the default for it', async () => {
  await begin(withValue(withValue(plain, 'model.k', 100), 'seed', 9));
  expect([a.config?.model.k, a.config?.seed, session.state.shared['model.k']]).toEqual([3, 9, 3]);
  expect(texts()[0]).toContain('model.k = 100: expected at most 64');
});

test('a link with no way out starts with the defaults', async () => {
  await begin(withValue(plain, 'model.n_latent', 2));
  expect([a.config?.model.n_latent, session.player.phase]).toEqual([64, 'paused']);
  expect(texts()).toHaveLength(1);
});

test('divergence is told with its way back, which sets the field in both runs', async () => {
  b.divergesAt = 20;
  await session.player.step(30);
  const [notice] = session.notices;
  expect(notice.text).toBe('Run B diverged at step 20: too fast');
  expect(notice.actions?.[0].label).toBe('Go back to step 0 and set learning rate to 0.0003');
  notice.actions?.[0].act();
  await vi.waitFor(() => expect(session.notices).toEqual([]));
  expect([a.config?.training.learning_rate, b.config?.training.learning_rate]).toEqual([0.0003, 0.0003]);
  expect([session.player.phase, session.player.at, session.state.shared['training.learning_rate']]).toEqual([
    'paused',
    0,
    0.0003,
  ]);
});

test('another link is another run; what was wrong in it is told, a few things in full', async () => {
  const problem = { key: 'x', value: '1', expected: 'y' };
  await session.player.step(10);
  await session.open(
    session.state,
    Array.from({ length: 9 }, () => problem),
  );
  expect([session.notices[0].more?.length, count('start'), session.player.at]).toEqual([7, 2, 0]);
  await session.open(session.state);
  expect(session.notices).toEqual([]);
});

test('a run that diverges at once, while it is still being set up, is told', async () => {
  a.divergesAt = 1;
  session.player.play();
  await session.apply(withValue(session.state, 'seed', 8));
  await vi.waitFor(() => expect(session.player.phase).toBe('diverged'));
  await session.apply({ ...session.state, theme: 'dark' });
  expect(session.notices.map((notice) => notice.id)).toEqual(['diverged']);
  a.divergesAt = Number.POSITIVE_INFINITY;
  await session.reset();
  expect(session.notices).toEqual([]);
  await session.player.pause();
});

test('real data reaches both workers', async () => {
  const seen: unknown[] = [];
  const call = b.call.bind(b);
  b.call = (kind, ask) => {
    if (kind === 'start') seen.push((ask as { rows: unknown }).rows);
    return call(kind, ask);
  };
  await session.apply(withValue(session.state, 'source', 'activations'));
  expect(seen).toEqual([new Uint8Array(3)]);
});
