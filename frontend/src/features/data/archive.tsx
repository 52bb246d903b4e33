import { useArchive } from "@/api/datasets";
import type { ArchivedSymbol } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { ErrorBanner } from "@/components/states";
import { Moment } from "@/components/value";
import { UNKNOWN } from "@/lib/format";
import { useNow } from "@/lib/now";
import { calendarDate, exchangeMoment } from "@/lib/time";

function moment(at: string | null, now: Date) {
  return at ? <Moment at={at} text={exchangeMoment(at, now)} /> : UNKNOWN;
}

/** Return the archive of minute bars, which grows after each close; nothing while it is empty. */
export function Archive() {
  const archive = useArchive();
  const now = useNow();
  if (archive.error) {
    return <ErrorBanner error={archive.error} what="The archive could not be read" />;
  }
  if (!archive.data || archive.data.items.length === 0) return null;
  return (
    <section className="block">
      <header>
        <h2>Own archive</h2>
        <small>minute bars of every symbol with a position, kept after each close</small>
      </header>
      <DataTable<ArchivedSymbol>
        caption="Own archive of minute bars"
        rows={archive.data.items}
        rowKey={({ symbol }) => symbol}
        columns={[
          { head: "Symbol", rowHead: true, cell: ({ symbol }) => <b>{symbol}</b> },
          {
            head: "Sessions",
            cell: ({ first_session: first, last_session: last }) =>
              first && last ? `${calendarDate(first)} to ${calendarDate(last)}` : UNKNOWN,
          },
          { head: "Last good", cell: ({ succeeded_at: at }) => moment(at, now) },
          { head: "Last tried", cell: ({ attempted_at: at }) => moment(at, now) },
          {
            head: "Outcome",
            full: true,
            cell: ({ error }) => <span className="wrap">{error ?? "complete"}</span>,
          },
        ]}
      />
    </section>
  );
}
