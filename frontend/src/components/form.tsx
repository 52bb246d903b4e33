import type { ReactNode } from "react";

interface Props {
  onSubmit: () => void;
  children: ReactNode;
}

/** Return a form whose fields the API checks: its errors are shown beside the fields. */
export function Form({ onSubmit, children }: Props) {
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
