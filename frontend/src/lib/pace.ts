// How fast a job goes, measured while it is watched.

const WINDOW_MS = 10_000;

/** How much was done at a moment, in milliseconds since 1970. */
export interface Sample {
  at: number;
  done: number;
}

/** Return `samples` with one more, without what lies further back than ten seconds. */
export function sampled(samples: readonly Sample[], sample: Sample): Sample[] {
  const before = samples.findLastIndex(({ at }) => at <= sample.at - WINDOW_MS);
  return [...samples.slice(Math.max(before, 0)), sample];
}

/** Return how much is done a second over the samples; null while that cannot be told. */
export function perSecond(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < 1000 || last.done <= first.done) return null;
  return ((last.done - first.done) / (last.at - first.at)) * 1000;
}
