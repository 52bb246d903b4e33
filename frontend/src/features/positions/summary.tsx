import type { Position } from "@/api/types";
import { plural } from "@/lib/format";

function counted(positions: readonly Position[], status: Position["status"]): number {
  return positions.filter((position) => position.status === status).length;
}

function lead(positions: readonly Position[]): string {
  const halted = counted(positions, "halted");
  const running = counted(positions, "running");
  if (halted > 0) return `${plural(halted, "position is", "positions are")} halted.`;
  if (running === 0) return "No position is running.";
  if (running === positions.length) {
    return running === 1 ? "The position is running." : `All ${running} positions are running.`;
  }
  return `${running} of ${positions.length} positions ${running === 1 ? "is" : "are"} running.`;
}

function rest(positions: readonly Position[]): string {
  const halted = counted(positions, "halted");
  if (halted > 0) return "Open it to see why, and resolve it there. The others are not touched.";
  const never = positions.filter((position) => position.last_decision === null).length;
  const unchecked = never > 0 ? ` ${plural(never, "has", "have")} never been checked.` : "";
  const paused = counted(positions, "paused");
  const waiting = paused > 0 ? ` ${plural(paused, "is", "are")} paused and will not trade.` : "";
  return `None is halted.${waiting}${unchecked}`;
}

/** Return the first thing to know about all positions, as a sentence. */
export function Summary({ positions }: { positions: readonly Position[] }) {
  return (
    <section className="block" aria-label="All positions">
      <div className="answer">
        <p className="sentence">
          <span className="lead">{lead(positions)}</span> {rest(positions)}
        </p>
      </div>
    </section>
  );
}
