/** Round values for an axis: it begins and ends at one, so that each line stands between two that are read. Pure. */

const ROUND = [1, 2, 2.5, 5];
/** What is lost where a tenth is no binary fraction. */
const NEARLY = 1e-9;

/** Return round values from *low* or below it to *high* or above it, with at most *most* steps (2 and more)
 * between them, each of which is as small as that lets it be; *whole*: they are whole numbers.
 *
 *     rounds(0, 1330, 4) == [0, 500, 1000, 1500]
 */
export function rounds(low: number, high: number, most: number, whole = false): number[] {
  const top = high > low ? high : low + 1;
  const steps = Math.max(2, most);
  for (let power = Math.floor(Math.log10((top - low) / steps)); ; power += 1)
    for (const one of ROUND) {
      // By a division where it is below one: 3 / 10 is 0.3, 3 × 0.1 is not.
      const at = (index: number) =>
        power < 0 ? (index * one) / 10 ** -power : index * one * 10 ** power;
      const step = at(1);
      if (whole && !Number.isInteger(step)) continue;
      const first = Math.floor(low / step + NEARLY);
      const last = Math.ceil(top / step - NEARLY);
      if (last - first > steps) continue;
      return Array.from({ length: last - first + 1 }, (_, index) => at(first + index));
    }
}
