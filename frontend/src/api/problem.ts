// Errors on the wire are RFC 9457 problems: what happened, which field, when to try again.

interface FieldProblem {
  field: string;
  message: string;
}

interface Wire {
  type?: unknown;
  title?: unknown;
  status?: unknown;
  detail?: unknown;
  errors?: unknown;
  retry_after_seconds?: unknown;
}

function fieldProblems(errors: unknown): FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) => {
    const { field, message, allowed } = entry as Record<string, unknown>;
    if (typeof field !== "string") return [];
    if (typeof message !== "string") return [{ field, message: "is not allowed" }];
    return [
      { field, message: typeof allowed === "string" ? `${message}; allowed: ${allowed}` : message },
    ];
  });
}

/** A request that could not be answered, in words for people. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | null;

  constructor(status: number, wire: Wire) {
    const title = typeof wire.title === "string" ? wire.title : `The backend answered ${status}`;
    super(title);
    this.status = status;
    this.code =
      typeof wire.type === "string" ? (wire.type.split("/").pop() ?? "") : `http-${status}`;
    this.detail = typeof wire.detail === "string" ? wire.detail : title;
    this.fields = fieldProblems(wire.errors);
    this.retryAfterSeconds =
      typeof wire.retry_after_seconds === "number" ? wire.retry_after_seconds : null;
  }

  /** Return `error` as a problem; anything that is none is a backend that did not answer. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(0, {
      type: "backend-unreachable",
      title: "The backend does not answer",
      detail:
        "No answer came from the backend. Positions keep their state; see whether it is running.",
    });
  }

  /** Return the message for a field that was typed as a percentage but is sent as a fraction. */
  fraction(name: string): string | undefined {
    return this.field(name)?.replace(/^is /, "as a fraction it is ");
  }

  /** Return the message for one field, named by its path or the end of it. */
  field(name: string): string | undefined {
    return this.fields.find((entry) => entry.field === name || entry.field.endsWith(`.${name}`))
      ?.message;
  }
}
