/** Quantities as Kubernetes writes them: 250m, 512Mi. Pure. */
const SUFFIX: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Return the value of a Kubernetes quantity; 0 for what is none. */
export function quantity(text: string | undefined): number {
  const found = /^([\d.]+(?:e\d+)?)([a-zA-Z]{0,2})$/.exec(text ?? "");
  return found ? Number(found[1]) * (SUFFIX[found[2] ?? ""] ?? 0) : 0;
}
