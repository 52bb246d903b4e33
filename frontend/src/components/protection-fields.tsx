import type { Problem } from "@/api/problem";
import { TextField } from "@/components/field";
import { PROTECTION_FIELDS, type ProtectionsDraft } from "@/lib/protections";

interface Props {
  draft: ProtectionsDraft;
  onChange: (draft: ProtectionsDraft) => void;
  problem: Problem | null;
}

/** Return the inputs of the limits on the fall of the value. */
export function ProtectionFields({ draft, onChange, problem }: Props) {
  return (
    <div className="form-pair">
      {PROTECTION_FIELDS.map(({ name, label, allowed }) => (
        <TextField
          key={name}
          label={label}
          name={`protections.${name}`}
          unit="%"
          inputMode="decimal"
          hint={allowed}
          value={draft[name]}
          onChange={(value) => onChange({ ...draft, [name]: value })}
          error={problem?.fraction(`protections.${name}`)}
        />
      ))}
    </div>
  );
}
