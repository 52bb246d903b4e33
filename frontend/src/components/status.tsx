import { Icon } from "@/components/icons";

const WORDS = { running: "Running", paused: "Paused", halted: "Halted" } as const;

/** Return a position's status as shape and word. */
export function Status({ status }: { status: keyof typeof WORDS }) {
  if (status === "halted") {
    return (
      <span className="status halted">
        <Icon name="halted" />
        {WORDS.halted}
      </span>
    );
  }
  return (
    <span className="status">
      <span className={status === "running" ? "dot" : "dot paused"} aria-hidden="true" />
      {WORDS[status]}
    </span>
  );
}
