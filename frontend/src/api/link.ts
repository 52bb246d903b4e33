import { useSyncExternalStore } from "react";

// The link to the backend as the event stream shows it: a sign of life comes every 15 seconds.
const LATE_MS = 20_000;
const POLL_MS = 5000;

export interface Link {
  /** `connecting` until the first answer; `late` when no sign of life came in time. */
  state: "connecting" | "live" | "late" | "closed";
  /** When the last sign of life came, in milliseconds since 1970; 0 before the first. */
  heardAt: number;
}

let link: Link = { state: "connecting", heardAt: 0 };
let watch: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function become(next: Link): void {
  link = next;
  for (const notify of listeners) notify();
}

/** Note a sign of life of the stream. */
export function heard(): void {
  clearTimeout(watch);
  watch = setTimeout(() => become({ ...link, state: "late" }), LATE_MS);
  become({ state: "live", heardAt: Date.now() });
}

/** Note that nothing is told any more. */
export function unheard(): void {
  clearTimeout(watch);
  become({ ...link, state: "closed" });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Return the state of the link; a component that asks is drawn again with every sign of life. */
export function useLink(): Link {
  return useSyncExternalStore(subscribe, () => link);
}

/** Return how often to ask, in milliseconds: never while the stream tells. */
export function usePolling(): number | false {
  return useSyncExternalStore(subscribe, () => link.state === "live") ? false : POLL_MS;
}
