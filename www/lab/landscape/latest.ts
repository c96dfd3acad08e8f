/** A job that is asked for faster than it can be done: one at a time, and after it only the latest wish. */
import { Cancelled } from '../pool';

export class Latest {
  private running = false;
  private again = false;
  private ended = false;

  constructor(
    private readonly job: () => Promise<void>,
    private readonly failed: (error: Error) => void,
  ) {}

  /** Nothing is begun any more. */
  end(): void {
    this.ended = true;
  }

  run(): void {
    if (this.ended) return;
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    this.again = false;
    this.job()
      .catch((error: Error) => {
        // Called off: whoever asked has left.
        if (!(error instanceof Cancelled || this.ended)) this.failed(error);
      })
      .finally(() => {
        this.running = false;
        if (this.again) this.run();
      });
  }
}
