import type { StrategyInput } from "@/api/types";
import { fractionToPercent, percentToFraction, plain } from "@/lib/decimal";

/** A strategy as a form holds it: every field as the text that a person types. */
export type StrategyDraft = Record<string, string>;

type Kind = "percent" | "decimal" | "whole" | "switch" | "choice";

export interface StrategyField {
  /** The field's path in the API's strategy. */
  path: string;
  label: string;
  kind: Kind;
  unit?: string;
  /** The range that the API accepts, in the field's own unit. */
  allowed: string;
  fallback: string;
  /** An empty field means no limit. */
  nullable?: boolean;
}

const percentField = (path: string, label: string, fallback: string, allowed: string) =>
  ({ path, label, kind: "percent", unit: "%", fallback, allowed }) as const;

export const TRIGGER_FIELDS: readonly StrategyField[] = [
  percentField("trigger.up", "Sell above anchor", "3", "0.0001–100"),
  percentField("trigger.down", "Buy below anchor", "3", "0.0001–90"),
];

export const POLICY_FIELD: StrategyField = {
  path: "sizing.policy",
  label: "Size rule",
  kind: "choice",
  fallback: "proportional",
  allowed: "",
};

/** The one number that each sizing policy takes; `to_bound` takes none. */
export const SIZING_FIELDS: Record<string, StrategyField | undefined> = {
  proportional: {
    path: "sizing.ratio",
    label: "Ratio",
    kind: "decimal",
    fallback: "1.6667",
    allowed: "0.01–100",
  },
  target: percentField("sizing.target", "Target share", "50", "inside the limits"),
  fixed_fraction: percentField("sizing.fraction", "Fraction", "10", "0.1–100"),
};

export const LIMIT_FIELDS: readonly StrategyField[] = [
  percentField("guardrails.min_stock", "Least stock share", "25", "0–98"),
  percentField("guardrails.max_stock", "Most stock share", "75", "2–100"),
  {
    path: "orders.min_notional",
    label: "Smallest trade",
    kind: "decimal",
    unit: "$",
    fallback: "100",
    allowed: "1–1,000,000",
  },
  {
    ...percentField("guardrails.max_trade", "Largest trade", "", "0.1–100, empty: no limit"),
    nullable: true,
  },
];

export const COST_FIELDS: readonly StrategyField[] = [
  percentField("costs.commission_rate", "Commission", "0.01", "0–5"),
  {
    path: "costs.commission_per_share",
    label: "Commission a share",
    kind: "decimal",
    unit: "$",
    fallback: "0",
    allowed: "0–1",
  },
  {
    path: "costs.commission_min",
    label: "Least commission",
    kind: "decimal",
    unit: "$",
    fallback: "0",
    allowed: "0–100",
  },
  {
    path: "costs.slippage_bps",
    label: "Slippage",
    kind: "decimal",
    unit: "bp",
    fallback: "5",
    allowed: "0–500, less than the triggers",
  },
  percentField("dividends.withholding_rate", "Dividend tax", "25", "0–100"),
  {
    path: "dividends.pay_lag_days",
    label: "Dividend pay lag",
    kind: "whole",
    unit: "days",
    fallback: "30",
    allowed: "0–365",
  },
];

export const ORDER_FIELDS: readonly StrategyField[] = [
  {
    path: "orders.max_per_day",
    label: "Orders a day",
    kind: "whole",
    fallback: "5",
    allowed: "1–1,000",
  },
  {
    path: "orders.cooldown_seconds",
    label: "Pause after an order",
    kind: "whole",
    unit: "s",
    fallback: "0",
    allowed: "0–864,000",
  },
  {
    path: "orders.lot",
    label: "Smallest step of shares",
    kind: "decimal",
    fallback: "0.0001",
    allowed: "0.000001 to 1, powers of ten",
  },
  {
    path: "orders.collar_bps",
    label: "Price collar",
    kind: "decimal",
    unit: "bp",
    fallback: "20",
    allowed: "0–500, less than the triggers",
  },
  percentField("guardrails.drift_tolerance", "Drift tolerance", "1", "0–10"),
];

export const SWITCH_FIELDS: readonly StrategyField[] = [
  {
    path: "guardrails.rebalance_on_drift",
    label: "Trade back when the share drifts out of its limits",
    kind: "switch",
    fallback: "true",
    allowed: "",
  },
  {
    path: "dividends.adjust_anchor",
    label: "Lower the anchor by each dividend",
    kind: "switch",
    fallback: "true",
    allowed: "",
  },
];

const SESSIONS_FIELD: StrategyField = {
  path: "sessions",
  label: "Sessions",
  kind: "choice",
  fallback: "regular",
  allowed: "",
};

const FIELDS: readonly StrategyField[] = [
  ...TRIGGER_FIELDS,
  POLICY_FIELD,
  ...Object.values(SIZING_FIELDS).filter((field) => field !== undefined),
  ...LIMIT_FIELDS,
  ...COST_FIELDS,
  ...ORDER_FIELDS,
  ...SWITCH_FIELDS,
  SESSIONS_FIELD,
];

/** The three styles that a new position is offered; each sets both triggers. */
export const PRESETS = [
  { value: "calm", text: "Calm ±5", trigger: "5" },
  { value: "balanced", text: "Balanced ±3", trigger: "3" },
  { value: "active", text: "Active ±2", trigger: "2" },
] as const;

/** Return a complete draft for a preset; it sends the dashboard's slippage of 5 basis points. */
export function presetDraft(preset: string): StrategyDraft {
  const trigger = PRESETS.find(({ value }) => value === preset)?.trigger ?? "3";
  const draft = Object.fromEntries(FIELDS.map((field) => [field.path, field.fallback]));
  return { ...draft, "trigger.up": trigger, "trigger.down": trigger };
}

function at(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (node, key) =>
        typeof node === "object" && node !== null
          ? (node as Record<string, unknown>)[key]
          : undefined,
      tree,
    );
}

/** Return a saved strategy as a form holds it. */
export function draftOf(strategy: object): StrategyDraft {
  return Object.fromEntries(
    FIELDS.map(({ path, kind, fallback }) => {
      const value = at(strategy, path);
      if (value === null) return [path, ""];
      if (typeof value === "number" || typeof value === "boolean") return [path, String(value)];
      if (typeof value !== "string") return [path, fallback];
      return [path, kind === "percent" ? fractionToPercent(value) : value];
    }),
  );
}

function wireValue(field: StrategyField, typed: string): unknown {
  if (field.nullable && typed.trim() === "") return null;
  switch (field.kind) {
    case "percent":
      return percentToFraction(typed);
    case "decimal":
      return plain(typed);
    case "whole":
      // Text that is no whole number goes as it is: the API names the field and its range.
      return /^\d+$/.test(plain(typed)) ? Number(plain(typed)) : typed;
    case "switch":
      return typed === "true";
    case "choice":
      return typed;
  }
}

/** Return the API's strategy that a draft describes. */
export function strategyOf(draft: StrategyDraft): StrategyInput {
  const strategy: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = wireValue(field, draft[field.path] ?? field.fallback);
    const [group = "", name] = field.path.split(".");
    if (name === undefined) strategy[group] = value;
    else strategy[group] = { ...(strategy[group] as object | undefined), [name]: value };
  }
  // What is no number stays as it was typed: the API refuses it and names the field.
  return strategy as unknown as StrategyInput;
}

/** Return the fields whose text differs between two drafts, with both texts. */
export function draftChanges(
  before: StrategyDraft,
  after: StrategyDraft,
): { field: StrategyField; before: string; after: string }[] {
  return FIELDS.flatMap((field) => {
    const was = before[field.path] ?? field.fallback;
    const is = after[field.path] ?? field.fallback;
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}
