import type { ReactNode } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { Icon } from "@/components/icons";
import { duration, exchangeSecond } from "@/lib/time";

/** Return a grey bar of the size of a value that is still to come. */
export function Skeleton({ width, height = 12 }: { width: number | string; height?: number }) {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

interface BannerProps {
  tone?: "danger" | "warn";
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Return a banner: what happened, what it means, what to do. */
export function Banner({ tone = "danger", title, children, action }: BannerProps) {
  return (
    <div
      className={tone === "warn" ? "banner warn" : "banner"}
      role={tone === "warn" ? "status" : "alert"}
    >
      <Icon name="warning" />
      <div>
        <b>{title}</b>
        {children}
      </div>
      {action}
    </div>
  );
}

interface ErrorBannerProps {
  error: unknown;
  /** What could not be done, as the banner's first words. */
  what: string;
  /** When the rows still on screen were read; 0 when there are none. */
  rowsFrom?: number;
  onRetry?: () => void;
}

/** Return the banner of a failed request: the API's own words, its fields, its code, and Retry. */
export function ErrorBanner({ error, what, rowsFrom = 0, onRetry }: ErrorBannerProps) {
  const problem = Problem.from(error);
  return (
    <Banner
      title={what}
      action={onRetry ? <Button onClick={onRetry}>Try again</Button> : undefined}
    >
      {problem.fields.length > 0 ? (
        <>
          <p>{problem.message}:</p>
          <ul>
            {problem.fields.map((field) => (
              <li key={field.field}>
                <span className="mono">{field.field}</span> {field.message}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p>{problem.detail}</p>
      )}
      <p>
        {rowsFrom > 0
          ? `What is shown below is from ${exchangeSecond(new Date(rowsFrom).toISOString())}. `
          : ""}
        Code: <span className="mono">{problem.code}</span>
        {problem.retryAfterSeconds === null ? "" : `, wait ${duration(problem.retryAfterSeconds)}`}
      </p>
    </Banner>
  );
}
