/** Every point of the lattice is computed once, and each pass completes a lattice of its own. */
import { expect, test } from 'vitest';
import { passes, SIDE } from './lattice';

test('passes fill ever finer lattices, no point twice', () => {
  const seen = new Set<number>();
  for (const { stride, side, lines, count } of passes()) {
    const before = seen.size;
    for (const { row, columns } of lines) for (const column of columns) seen.add(row * SIDE + column);
    expect(seen.size - before).toBe(count);
    expect(seen.size).toBe(side * side);
    expect([...seen].every((at) => (at % SIDE) % stride === 0 && Math.floor(at / SIDE) % stride === 0)).toBe(true);
  }
  expect(seen.size).toBe(SIDE * SIDE);
});
