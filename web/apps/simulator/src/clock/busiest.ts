/** Which clusters have something to look at. Pure. */

export interface Standing {
  readonly name: string;
  readonly pods: number;
  readonly forked_from?: string | null;
}

/** More than these are a list, which the switcher has. */
const FEW = 2;

/** Return the clusters with the most pods, forks last, if *cluster* is one of *all* and has none. */
export function busiest(cluster: string, all: readonly Standing[]): readonly Standing[] {
  if (all.find((one) => one.name === cluster)?.pods !== 0) return [];
  return all
    .filter((one) => one.pods > 0)
    .sort((a, b) => Number(!!a.forked_from) - Number(!!b.forked_from) || b.pods - a.pods)
    .slice(0, FEW);
}
