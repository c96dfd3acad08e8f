/**
 * How many steps the next chunk takes and how long to wait after it.
 *
 * At full speed a chunk is as long as a picture may take; at a set speed it is the steps due in that time.
 */
import type { Speed } from './state';

/** A frame at about 30 Hz. */
const FRAME_MS = 33;
/** Nobody looks: longer chunks, fewer frames. */
const UNSEEN_MS = 500;
/** Where making a frame is dear (a large evaluation batch), frames get rarer: training takes this many times as long. */
const TRAINING_PER_FRAME = 1.5;
/** … up to here, so that the page still answers. */
const LONGEST_TRAINING = 0.4;

export class Pace {
  speed: Speed = 'max';
  /** The page is hidden. */
  unseen = false;
  /** Pictures at most so often; for visitors who asked for less motion. */
  calm = false;
  private secondsPerStep: number | undefined;
  private overhead = 0;
  private lastChunk = 1;
  /** The speed that the chunk under way was planned for. */
  private planned: Speed = 'max';
  private due = 0;
  private drawing = 0;

  constructor(private readonly now: () => number) {}

  /** Forget what was measured: another model, another backend. */
  restart(): void {
    this.secondsPerStep = undefined;
    this.overhead = 0;
    this.lastChunk = 1;
    this.due = this.now();
  }

  took(steps: number, trainSeconds: number, frameSeconds: number, wallSeconds: number): void {
    const measured = trainSeconds / Math.max(1, steps);
    this.secondsPerStep = this.secondsPerStep === undefined ? measured : 0.7 * this.secondsPerStep + 0.3 * measured;
    const rest = Math.max(frameSeconds, wallSeconds - trainSeconds);
    this.overhead = 0.7 * this.overhead + 0.3 * rest;
    this.lastChunk = steps;
    // What was planned at another speed is no debt at this one.
    if (this.speed !== 'max' && this.planned === this.speed)
      this.due = Math.max(this.due, this.now() - 1000) + (1000 * steps) / Number(this.speed);
  }

  /** Drawing a picture took so long; the next one is not due sooner than it can be drawn with some rest. */
  drew(milliseconds: number): void {
    this.drawing = 0.8 * this.drawing + 0.2 * milliseconds;
  }

  chunk(speed: Speed = this.speed): number {
    this.planned = speed;
    const time = this.frameTime() / 1000;
    const affordable = this.affordable(time);
    if (speed === 'max') return affordable;
    return Math.max(1, Math.min(affordable, Math.round(Number(speed) * time)));
  }

  /** Milliseconds until the next chunk is due. */
  wait(): number {
    return this.speed === 'max' ? 0 : Math.max(0, this.due - this.now());
  }

  private affordable(time: number): number {
    if (this.secondsPerStep === undefined) return 1;
    const training = Math.max(time - this.overhead, Math.min(TRAINING_PER_FRAME * this.overhead, LONGEST_TRAINING));
    const steps = Math.floor(training / Math.max(this.secondsPerStep, 1e-6));
    // Growth is bounded, so that one lucky measurement does not make the page wait.
    return Math.max(1, Math.min(steps, 4 * this.lastChunk));
  }

  private frameTime(): number {
    return this.unseen ? UNSEEN_MS : this.calm ? 1000 : Math.max(FRAME_MS, 1.5 * this.drawing);
  }
}
