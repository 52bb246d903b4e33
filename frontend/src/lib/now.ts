import { useSyncExternalStore } from "react";

// One timer for every age on the page; it stops when nothing shows an age.
let current = new Date();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    current = new Date();
    timer = setInterval(() => {
      current = new Date();
      for (const notify of listeners) notify();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Return the present moment, a second exact, and re-render as it passes. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => current);
}
