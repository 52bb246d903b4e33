import type { DecisionFacts } from "@/api/types";
import { GATES } from "@/lib/words";

/** Return what would stop this decision from leading to an order; nothing when all gates hold. */
export function Blockers({ decision }: { decision: DecisionFacts }) {
  if (decision.blocked_by.length === 0) return null;
  return (
    <div className="blockers">
      <p className="soft">A check would stop before that, because:</p>
      <ul className="gates">
        {decision.blocked_by.map((code) => {
          const gate = GATES.find((each) => each.code === code);
          return (
            <li key={code}>
              <span className="failed" aria-hidden="true">
                ✗
              </span>
              <span>{gate?.name ?? code}</span>
              <span>{gate?.failed}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
