import type { Simulation } from "@/api/types";

const LOOKS = {
  queued: { dot: "dot paused", word: "Queued" },
  running: { dot: "dot warn", word: "Running" },
  completed: { dot: "dot", word: "Completed" },
  failed: { dot: "dot danger", word: "Failed" },
  cancelled: { dot: "dot paused", word: "Cancelled" },
} as const;

/** Return the status of a run as shape and word. */
export function RunStatus({ run }: { run: Simulation }) {
  const { dot, word } = LOOKS[run.status];
  return (
    <span className="status">
      <span className={dot} aria-hidden="true" />
      {word}
    </span>
  );
}
