import { SelectField } from "@/components/field";
import { PRESETS, type StrategyDraft } from "@/lib/strategy";

interface Props {
  draft: StrategyDraft;
  onChange: (draft: StrategyDraft) => void;
}

/** Return the choice of a style, which sets both triggers; other triggers are shown as "Own". */
export function StyleField({ draft, onChange }: Props) {
  const style = PRESETS.find(
    ({ trigger }) => draft["trigger.up"] === trigger && draft["trigger.down"] === trigger,
  );
  return (
    <SelectField
      label="Style"
      name="style"
      value={style?.value ?? "own"}
      onChange={(value) => {
        const trigger = PRESETS.find((preset) => preset.value === value)?.trigger;
        if (trigger) onChange({ ...draft, "trigger.up": trigger, "trigger.down": trigger });
      }}
      options={style ? PRESETS : [...PRESETS, { value: "own", text: "Own triggers" }]}
    />
  );
}
