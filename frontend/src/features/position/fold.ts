import type { Decision } from "@/api/types";
import { compareDecimals } from "@/lib/decimal";

/** A row of the timeline: one decision, or a run of equal holds. */
export interface TimelineRow {
  newest: Decision;
  oldest: Decision;
  /** How many checks the row stands for, and the lowest and highest price among them. */
  checks: number;
  low: string | null;
  high: string | null;
}

function foldable(decision: Decision): boolean {
  return decision.kind === "hold" && decision.reason === "inside_band";
}

function further(a: string | null, b: string | null, sign: 1 | -1): string | null {
  if (a === null || b === null) return a ?? b;
  return compareDecimals(a, b) === sign ? a : b;
}

/** Return the rows for `decisions` (newest first): holds inside the band fold into one row. */
export function foldDecisions(decisions: readonly Decision[]): TimelineRow[] {
  const rows: TimelineRow[] = [];
  for (const decision of decisions) {
    const row = rows.at(-1);
    if (row && foldable(row.oldest) && foldable(decision)) {
      row.oldest = decision;
      row.checks += decision.checks;
      row.low = further(row.low, decision.price_low, -1);
      row.high = further(row.high, decision.price_high, 1);
    } else {
      const { checks, price_low: low, price_high: high } = decision;
      rows.push({ newest: decision, oldest: decision, checks, low, high });
    }
  }
  return rows;
}
