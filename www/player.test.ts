/** The player: two runs in lock-step, whatever one of them does. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from './engine';
import { type PlayedRun, Player } from './player';
import { Refused } from './protocol';
import { type Configs, configsOf, defaultState, withValue } from './state';
import { FakeRun } from './testing';

let a: FakeRun;
let b: FakeRun;
let clock: number;
let drawn: [number, number][];
let events: [string, RunEvent['kind']][];
let failures: string[];
let player: Player;
/** Called after each drawing; tests pause or look there. */
let onDraw: () => void;

function configs(steps = 1000): Configs {
  return configsOf(withValue(defaultState(), 'training.steps', steps));
}

beforeEach(() => {
  [a, b] = [new FakeRun(), new FakeRun()];
  clock = 0;
  drawn = [];
  events = [];
  failures = [];
  onDraw = () => {};
  const draw = async (runs: readonly PlayedRun[]) => {
    clock += 33;
    drawn.push([runs[0].frame.step, runs[1].frame.step]);
    onDraw();
  };
  player = new Player(
    { A: a, B: b },
    {
      draw,
      changed: () => {},
      event: (label, event) => events.push([label, event.kind]),
      failed: (message) => failures.push(message),
    },
    () => clock,
  );
});

/** Plays until the phase is another. */
async function until(phase: string): Promise<void> {
  for (let i = 0; i < 10000 && player.phase !== phase; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  expect(player.phase).toBe(phase);
}

describe('playing', () => {
  test('draws both runs at the same steps, from 0 to the end', async () => {
    await player.start(configs(), null);
    await until('finished');
    await player.pause();
    expect(drawn[0]).toEqual([0, 0]);
    expect(drawn.at(-1)).toEqual([1000, 1000]);
    for (const [stepA, stepB] of drawn) expect(stepA).toBe(stepB);
    // At 1 ms a step and 33 ms a picture the chunks grow, but never beyond a picture's time.
    const chunks = drawn.slice(1).map(([step], i) => step - drawn[i][0]);
    expect(chunks[0]).toBe(1);
    expect(Math.max(...chunks)).toBeGreaterThan(10);
    expect(Math.max(...chunks)).toBeLessThanOrEqual(60);
  });

  test('pauses between chunks and goes on from there', async () => {
    onDraw = () => {
      if (drawn.length === 3) player.pause();
    };
    await player.start(configs(), null);
    await until('paused');
    const { at } = player;
    expect(at).toBeLessThan(1000);
    player.play();
    await until('finished');
    expect(player.at).toBe(1000);
  });

  test('goes on when the end is moved', async () => {
    await player.start(configs(10), null);
    await until('finished');
    await player.configure(configs(20));
    await until('finished');
    await player.pause();
    expect(player.at).toBe(20);
  });
});

describe('single steps', () => {
  test('are exactly as many as asked for', async () => {
    player.pause();
    await player.start(configs(), null);
    expect([player.phase, player.at]).toEqual(['paused', 0]);
    await player.step(1);
    expect([a.step, b.step, drawn.at(-1)]).toEqual([1, 1, [1, 1]]);
    await player.step(137);
    expect([a.step, b.step, drawn.at(-1)]).toEqual([138, 138, [138, 138]]);
  });

  test('end at the end', async () => {
    player.pause();
    await player.start(configs(10), null);
    await player.step(50);
    expect([player.phase, player.at]).toEqual(['finished', 10]);
  });
});

describe('divergence', () => {
  test('of one stops both; the way back is a step both have been at', async () => {
    await player.pause();
    await player.start(configs(), null);
    await player.step(400);
    clock += 5000;
    await player.step(100);
    expect([player.checkpoint, a.checkpoints, b.checkpoints]).toEqual([
      expect.any(Number),
      a.checkpoints,
      a.checkpoints,
    ]);
    const { checkpoint } = player;
    expect(checkpoint).toBeGreaterThanOrEqual(400);
    b.divergesAt = 700;
    player.play();
    await until('diverged');
    expect(events).toContainEqual(['B', 'diverged']);

    onDraw = () => player.pause();
    const slower = configsOf(withValue(defaultState(), 'training.learning_rate', 0.0003));
    drawn = [];
    await player.goBack(slower);
    expect(drawn[0]).toEqual([checkpoint, checkpoint]);
    expect([a.config, b.config]).toEqual([slower.A, slower.B]);
    const steps = player.runs[1].history.shown('decoder_cosine').metrics.step;
    expect(steps.every((step, i) => i === 0 || step > steps[i - 1])).toBe(true);
  });
});

describe('a lost device', () => {
  test('sends one run back; it catches up before both go on', async () => {
    [a.hasGpu, b.hasGpu] = [true, true];
    await player.pause();
    await player.start(configs(), null);
    await player.useBackend('webgpu');
    expect([a.kind, b.kind]).toEqual(['webgpu', 'webgpu']);
    await player.step(50);
    a.losesDeviceAt = 80;
    player.play();
    await until('finished');
    await player.pause();
    expect(events).toContainEqual(['A', 'fell_back']);
    expect(player.runs.map((run) => run.backend.kind)).toEqual(['cpu', 'webgpu']);
    expect(drawn.at(-1)).toEqual([1000, 1000]);
    for (const [stepA, stepB] of drawn) expect(stepA).toBeLessThanOrEqual(stepB);
  });
});

describe('backends', () => {
  /** From now on there is WebGPU once the answer is called. */
  function fetching(): () => void {
    let fetched = () => {};
    [a.hasGpu, b.hasGpu] = [true, true];
    a.fetching = new Promise((resolve) => {
      fetched = resolve;
    });
    return fetched;
  }

  test('auto: A’s timing decides for both', async () => {
    a.hasGpu = true;
    b.hasGpu = true;
    await player.pause();
    await player.start(configs(), null);
    await player.useBackend('auto');
    expect([a.kind, b.kind]).toEqual(['webgpu', 'webgpu']);
  });

  test('what is not there is said, and both run on the CPU', async () => {
    a.hasGpu = true;
    await player.pause();
    await player.start(configs(), null);
    await player.useBackend('webgpu');
    expect([a.kind, b.kind]).toEqual(['cpu', 'cpu']);
    for (const run of player.runs) expect(run.backend.reason).toBe('asked for webgpu, but: no adapter');
    expect(failures).toEqual([]);
  });

  test('auto: where there is no WebGPU no engine is asked for it, and the reason is told', async () => {
    await player.pause();
    await player.start(configs(), null);
    await player.useBackend('auto');
    for (const run of player.runs) expect(run.backend).toMatchObject({ kind: 'cpu', reason: 'no adapter' });
  });

  test.each([
    ['auto', 'goes on', true],
    ['webgpu', 'waits', false],
  ] as const)('%s: training %s while the engine that knows WebGPU is fetched', async (choice, _, goesOn) => {
    const fetched = fetching();
    await player.start(configs(), null);
    const chosen = player.useBackend(choice);
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    expect([a.kind, a.step, a.step === 1000]).toEqual(['cpu', b.step, goesOn]);
    fetched();
    await chosen;
    expect([a.kind, b.kind]).toEqual(['webgpu', 'webgpu']);
    await until('finished');
  });

  test('a choice that another has overtaken is void', async () => {
    const fetched = fetching();
    await player.pause();
    await player.start(configs(), null);
    const first = player.useBackend('webgpu');
    await player.useBackend('cpu');
    fetched();
    await first;
    expect([a.kind, b.kind]).toEqual(['cpu', 'cpu']);
    // One that is refused takes nothing away.
    const second = player.useBackend('webgpu');
    b.refuses = () => ({ field: 'model.k', value: '99', expected: 'at most 64', message: 'model.k is 99' });
    await expect(player.start(configs(), null)).rejects.toBeInstanceOf(Refused);
    await second;
    expect([a.kind, b.kind]).toEqual(['webgpu', 'webgpu']);
  });
});

describe('what cannot be', () => {
  const tooMany = { field: 'model.k', value: '99', expected: 'at most 64', message: 'model.k is 99' };

  test('is refused before either run is touched', async () => {
    await player.pause();
    await player.start(configs(), null);
    await player.step(5);
    b.refuses = () => tooMany;
    await expect(player.start(configs(), null)).rejects.toMatchObject({ error: tooMany });
    expect([player.phase, a.step, b.step]).toEqual(['paused', 5, 5]);
    await player.step(1);
    expect(player.at).toBe(6);
  });

  test('a broken engine is told once and a reset brings new workers', async () => {
    a.breaksAt = 3;
    await player.start(configs(), null);
    await until('failed');
    expect(failures).toEqual(['unreachable executed']);
    await player.start(configs(10), null);
    expect([a.restarts, b.restarts]).toEqual([1, 1]);
    await until('finished');
  });
});

test('at a set speed steps come one at a time', async () => {
  player.setSpeed('1000');
  onDraw = () => {
    if (drawn.length === 4) player.pause();
  };
  await player.start(configs(), null);
  await until('paused');
  const chunks = drawn.slice(1).map(([step], i) => step - drawn[i][0]);
  expect(Math.max(...chunks)).toBeLessThanOrEqual(33);
});
