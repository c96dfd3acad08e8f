/**
 * From which side the direction figures are seen: one rotation for all of a document or shadow root, so that A and
 * B turn together, and the drag and keys that turn it.
 */
import { claim, type Figure } from './figure';
import { aside, type Rotation, turn } from './geometry';

export class Viewpoint {
  private static readonly shared = new WeakMap<Node, Viewpoint>();
  rotation: Rotation = aside;
  private readonly onlookers = new Set<() => void>();

  /** The viewpoint of the tree that the (connected) element is in; `look` is called after every turn. */
  static of(element: Element, look: () => void): Viewpoint {
    const scope = element.getRootNode();
    const viewpoint = Viewpoint.shared.get(scope) ?? new Viewpoint();
    Viewpoint.shared.set(scope, viewpoint);
    viewpoint.onlookers.add(look);
    return viewpoint;
  }

  turn(yaw: number, pitch: number): void {
    this.rotation = turn(this.rotation, yaw, pitch);
    for (const look of this.onlookers) look();
  }

  leave(look: () => void): void {
    this.onlookers.delete(look);
  }
}

/** Drag, or Shift with the arrow keys. On touch only sideways drags turn: the others scroll the page. */
export function listenForTurning(
  figure: Figure,
  turnable: () => boolean,
  turnBy: (yaw: number, pitch: number) => void,
): void {
  const { canvas, signal } = figure;
  let from: { x: number; y: number } | null = null;
  let dragged = false;
  const press = (event: PointerEvent) => {
    dragged = false;
    from = turnable() ? { x: event.clientX, y: event.clientY } : null;
  };
  const move = (event: PointerEvent) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!dragged && Math.hypot(dx, dy) < 4) return;
    if (!dragged) canvas.setPointerCapture(event.pointerId);
    dragged = true;
    from = { x: event.clientX, y: event.clientY };
    turnBy(dx / 130, dy / 130);
  };
  const release = () => {
    from = null;
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || !event.shiftKey || !turnable()) return;
    turnBy(by[0] * 0.12, by[1] * 0.12);
    claim(event);
  };
  canvas.addEventListener('pointerdown', press, { signal });
  canvas.addEventListener('pointermove', move, { signal });
  canvas.addEventListener('pointerup', release, { signal });
  canvas.addEventListener('pointercancel', release, { signal });
  canvas.addEventListener('keydown', key, { signal });
  // A drag is not a click: caught on its way down, before the listener that selects.
  canvas.addEventListener('click', (event) => dragged && event.stopImmediatePropagation(), { signal, capture: true });
}
