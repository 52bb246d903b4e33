import type { Problem } from "@/api/problem";
import { SelectField, TextField } from "@/components/field";
import type { OpeningDraft } from "@/lib/opening";

interface Props {
  draft: OpeningDraft;
  onChange: (draft: OpeningDraft) => void;
  problem: Problem | null;
}

const KINDS = [
  { value: "value", text: "Money, part of it in stock" },
  { value: "holding", text: "Cash and shares" },
] as const;

/** Return the inputs of an opening: money to be split at the first price, or cash and shares. */
export function OpeningFields({ draft, onChange, problem }: Props) {
  const amount = (
    name: "value" | "stockPercent" | "cash" | "shares",
    label: string,
    field: string,
    unit?: string,
  ) => (
    <TextField
      label={label}
      name={field}
      inputMode="decimal"
      value={draft[name]}
      onChange={(value) => onChange({ ...draft, [name]: value })}
      error={problem?.[unit === "%" ? "fraction" : "field"](`opening.${field}`)}
      {...(unit ? { unit } : {})}
    />
  );
  return (
    <>
      <SelectField
        label="Start with"
        name="opening"
        value={draft.kind}
        onChange={(kind) => onChange({ ...draft, kind: kind === "value" ? "value" : "holding" })}
        options={KINDS}
        error={problem?.fields.find(({ field }) => field === "opening")?.message}
      />
      <div className="form-pair">
        {draft.kind === "value" ? (
          <>
            {amount("value", "Money", "value", "$")}
            {amount("stockPercent", "In stock", "stock_fraction", "%")}
          </>
        ) : (
          <>
            {amount("cash", "Cash", "cash", "$")}
            {amount("shares", "Shares", "shares")}
          </>
        )}
      </div>
    </>
  );
}
