import type { ButtonHTMLAttributes, Ref } from "react";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "outline" | "solid" | "plain" | "stop" | "stop-now";
  ref?: Ref<HTMLButtonElement>;
  busy?: boolean;
}

/** Return a button; its text is a verb and its object. Busy keeps it focusable but inert. */
export function Button({ look = "outline", busy = false, className = "", ...rest }: Props) {
  const classes = ["btn", look === "outline" ? "" : look, className].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      {...rest}
      className={classes}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else rest.onClick?.(event);
      }}
    />
  );
}
