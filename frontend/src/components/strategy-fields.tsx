import { CheckField, SelectField, TextField } from "@/components/field";
import type { Problem } from "@/api/problem";
import {
  COST_FIELDS,
  LIMIT_FIELDS,
  ORDER_FIELDS,
  POLICY_FIELD,
  SIZING_FIELDS,
  SWITCH_FIELDS,
  TRIGGER_FIELDS,
  type StrategyDraft,
  type StrategyField,
} from "@/lib/strategy";
import { policyWords } from "@/lib/words";

interface Props {
  draft: StrategyDraft;
  onChange: (draft: StrategyDraft) => void;
  problem: Problem | null;
}

const POLICIES = ["proportional", "target", "fixed_fraction", "to_bound"].map((value) => ({
  value,
  text: policyWords(value),
}));

/** Return the inputs of a strategy: what matters first, the rest folded. */
export function StrategyFields({ draft, onChange, problem }: Props) {
  const set = (path: string, value: string) => onChange({ ...draft, [path]: value });
  const error = (path: string) => problem?.field(`strategy.${path}`);
  const fraction = (path: string) => problem?.fraction(`strategy.${path}`);
  const input = (field: StrategyField) => (
    <TextField
      key={field.path}
      name={field.path}
      label={field.label}
      value={draft[field.path] ?? ""}
      onChange={(value) => set(field.path, value)}
      inputMode={field.kind === "whole" ? "numeric" : "decimal"}
      hint={field.allowed}
      error={field.kind === "percent" ? fraction(field.path) : error(field.path)}
      {...(field.unit ? { unit: field.unit } : {})}
    />
  );
  const policy = draft[POLICY_FIELD.path] ?? POLICY_FIELD.fallback;
  const sizing = SIZING_FIELDS[policy];
  const folded = [...ORDER_FIELDS, ...COST_FIELDS];
  const foldedError = folded.some((field) => error(field.path) !== undefined);

  return (
    <>
      <div className="form-pair">{TRIGGER_FIELDS.map(input)}</div>
      <div className="form-pair">
        <SelectField
          name={POLICY_FIELD.path}
          label={POLICY_FIELD.label}
          value={policy}
          onChange={(value) => set(POLICY_FIELD.path, value)}
          options={POLICIES}
          error={error(POLICY_FIELD.path)}
        />
        {sizing ? input(sizing) : null}
      </div>
      <div className="form-pair">{LIMIT_FIELDS.map(input)}</div>
      {/* An error inside must be seen, so the fold opens by itself. */}
      <details open={foldedError || undefined}>
        <summary>Orders, costs and dividends</summary>
        <div className="form">
          <div className="form-pair">{folded.map(input)}</div>
          {SWITCH_FIELDS.map((field) => (
            <CheckField
              key={field.path}
              name={field.path}
              label={field.label}
              checked={draft[field.path] === "true"}
              onChange={(checked) => set(field.path, String(checked))}
            />
          ))}
          <SelectField
            name="sessions"
            label="Sessions"
            value={draft.sessions ?? "regular"}
            onChange={(value) => set("sessions", value)}
            options={[
              { value: "regular", text: "Regular hours" },
              { value: "extended", text: "Regular and extended hours" },
            ]}
            error={error("sessions")}
          />
        </div>
      </details>
    </>
  );
}
