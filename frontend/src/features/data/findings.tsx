import type { Finding } from "@/api/types";
import { DataTable } from "@/components/data-table";

const SEVERITIES = {
  info: { dot: "dot paused", word: "Info" },
  warning: { dot: "dot warn", word: "Warning" },
  blocking: { dot: "dot danger", word: "Blocking" },
} as const;

/** Return the quality report: what is doubtful, where, and how much it matters. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) {
    return <p className="body">The checks found nothing that is doubtful.</p>;
  }
  return (
    <DataTable<Finding>
      caption="Quality report"
      rows={findings}
      rowKey={({ code, place }) => `${code} ${place}`}
      columns={[
        {
          head: "Finding",
          rowHead: true,
          cell: ({ code }) => <span className="mono nowrap">{code}</span>,
        },
        {
          head: "Severity",
          cell: ({ severity }) => (
            <span className="status">
              <span className={SEVERITIES[severity].dot} aria-hidden="true" />
              {SEVERITIES[severity].word}
            </span>
          ),
        },
        { head: "Where", full: true, cell: ({ place }) => <span className="wrap">{place}</span> },
        {
          head: "What it means",
          full: true,
          cell: ({ message }) => <span className="wrap">{message}</span>,
        },
      ]}
    />
  );
}

/** Return how many findings matter, in words. */
export function findingsWords(findings: readonly Finding[]): string {
  const warnings = findings.filter(({ severity }) => severity !== "info").length;
  if (warnings > 0) return warnings === 1 ? "1 warning" : `${warnings} warnings`;
  return findings.length === 0 ? "nothing doubtful" : "for information only";
}
