import type { Position, ProtectionsInput } from "@/api/types";
import { fractionToPercent, percentToFraction } from "@/lib/decimal";

/** The limits on the fall of the value, with the range in percent that the API accepts. */
export const PROTECTION_FIELDS = [
  { name: "max_drawdown", label: "Largest drawdown", allowed: "1–90, empty: no limit" },
  { name: "max_daily_loss", label: "Largest daily loss", allowed: "0.5–50, empty: no limit" },
] as const;

type Name = (typeof PROTECTION_FIELDS)[number]["name"];

/** Both limits as a form holds them: the percentages that a person types. */
export type ProtectionsDraft = Record<Name, string>;

/** Return the limits of a position as a form holds them; without one, no limits. */
export function protectionsDraft(limits?: Pick<Position["protections"], Name>): ProtectionsDraft {
  const typed = (limit: string | null | undefined) => (limit ? fractionToPercent(limit) : "");
  return {
    max_drawdown: typed(limits?.max_drawdown),
    max_daily_loss: typed(limits?.max_daily_loss),
  };
}

/** Return the API's limits that a draft describes. */
export function protectionsOf(draft: ProtectionsDraft): ProtectionsInput {
  const limit = (typed: string) => (typed.trim() === "" ? null : percentToFraction(typed));
  return {
    max_drawdown: limit(draft.max_drawdown),
    max_daily_loss: limit(draft.max_daily_loss),
  };
}

/** Return the limits whose text differs between two drafts, with both texts. */
export function protectionChanges(before: ProtectionsDraft, after: ProtectionsDraft) {
  return PROTECTION_FIELDS.filter(({ name }) => before[name] !== after[name]).map((field) => ({
    field: { ...field, unit: "%" },
    before: before[field.name],
    after: after[field.name],
  }));
}
