/** An arc from the left over the top to the right. Pure. */

/** Return the path of an arc that is *part* (0 to 1) of a half circle of *radius* around (x, y). */
export function arc(part: number, x: number, y: number, radius: number): string {
  const shown = Math.min(Math.max(part, 0), 1);
  const angle = Math.PI * (1 - shown);
  const end = [x + radius * Math.cos(angle), y - radius * Math.sin(angle)];
  const [toX = 0, toY = 0] = end.map((at) => Math.round(at * 100) / 100);
  return `M${x - radius} ${y}A${radius} ${radius} 0 0 1 ${toX} ${toY}`;
}
