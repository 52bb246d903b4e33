import { useId, type ReactNode } from "react";

interface Shared {
  label: string;
  name: string;
  hint?: ReactNode;
  error?: string | undefined;
}

interface FrameProps extends Shared {
  unit?: string | undefined;
  children: (control: {
    id: string;
    name: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
  }) => ReactNode;
}

function Frame({ label, name, hint, error, unit, children }: FrameProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className={error ? "input invalid" : "input"}>
        {children({
          id,
          name,
          "aria-describedby": described || undefined,
          "aria-invalid": error ? true : undefined,
        })}
        {unit ? <span className="unit">{unit}</span> : null}
      </div>
      {hint ? <small id={`${id}-hint`}>{hint}</small> : null}
      {error ? (
        <span className="error" id={`${id}-error`}>
          {error}
        </span>
      ) : null}
    </div>
  );
}

interface TextFieldProps extends Shared {
  value: string;
  onChange: (value: string) => void;
  unit?: string;
  type?: "text" | "date";
  inputMode?: "decimal" | "numeric" | "text";
  placeholder?: string;
  required?: boolean;
  min?: string | undefined;
  max?: string | undefined;
}

/** Return a labelled text input with its unit, its hint and its error. */
export function TextField({ value, onChange, type = "text", unit, ...rest }: TextFieldProps) {
  const { label, name, hint, error, ...input } = rest;
  return (
    <Frame label={label} name={name} hint={hint} error={error} unit={unit}>
      {(control) => (
        <input
          {...control}
          {...input}
          type={type}
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Frame>
  );
}

interface SelectFieldProps extends Shared {
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; text: string }[];
}

/** Return a labelled native select. */
export function SelectField({ value, onChange, options, ...frame }: SelectFieldProps) {
  return (
    <Frame {...frame}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

interface CheckFieldProps {
  label: string;
  name: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** Return a checkbox with its label. */
export function CheckField({ label, name, checked, onChange }: CheckFieldProps) {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        name={name}
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
