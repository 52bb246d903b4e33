import { Link } from "wouter";
import type { Dataset } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { Moment } from "@/components/value";
import { UNKNOWN } from "@/lib/format";
import { adjustmentWords, providerWords } from "@/lib/data-words";

const ID_LENGTH = 16; // an id is the beginning of its digest

interface Apart {
  kind: string;
  value: string;
  ex_date: string;
  reason: string;
}

function text(dataset: Dataset, key: string): string | null {
  const value = dataset.provenance[key];
  return typeof value === "string" ? value : null;
}

/** Return who gave the prices of a dataset. */
export function providerOf(dataset: Dataset): string {
  const provider = text(dataset, "provider");
  return provider === null ? UNKNOWN : providerWords(provider);
}

function quarantineOf({ provenance }: Dataset): readonly Apart[] {
  return Array.isArray(provenance.quarantine) ? (provenance.quarantine as Apart[]) : [];
}

/** Return how and when a dataset came here. */
function arrival(dataset: Dataset): readonly [string, string | null] {
  const fetched = text(dataset, "fetched_at");
  if (fetched) return ["Fetched", fetched];
  const made = text(dataset, "resampled_at");
  return made ? ["Made", made] : ["Imported", text(dataset, "imported_at")];
}

/** Return where a dataset comes from, and the version before it. */
export function Provenance({ dataset }: { dataset: Dataset }) {
  const [arrived, at] = arrival(dataset);
  const madeOf = text(dataset, "parent");
  const optional = [
    ["Licence", text(dataset, "licence")],
    ["Notes", text(dataset, "notes")],
    ["File", text(dataset, "file")],
  ] as const;
  return (
    <section className="block">
      <header>
        <h2>Where it comes from</h2>
      </header>
      <dl className="facts body">
        <div className="pair">
          <dt>Source</dt>
          <dd data-q="dataset.provenance.provider">{providerOf(dataset)}</dd>
        </div>
        <div className="pair">
          <dt>{arrived}</dt>
          <dd>{at ? <Moment at={at} /> : UNKNOWN}</dd>
        </div>
        <div className="pair">
          <dt>Prices</dt>
          <dd data-q="dataset.adjustment">{adjustmentWords(dataset.adjustment)}</dd>
        </div>
        {optional.map(([name, value]) =>
          value === null ? null : (
            <div key={name} className="pair">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
        {madeOf ? (
          <div className="pair">
            <dt>Made of</dt>
            <dd>
              <Link href={`/lab/data/${madeOf}`} className="mono">
                {madeOf.slice(0, ID_LENGTH)}
              </Link>
            </dd>
          </div>
        ) : null}
        <div className="pair">
          <dt>Version before</dt>
          <dd data-q="dataset.parent_id">
            {dataset.parent_id ? (
              <Link href={`/lab/data/${dataset.parent_id}`} className="mono">
                {dataset.parent_id}
              </Link>
            ) : (
              "none"
            )}
          </dd>
        </div>
        <div className="pair">
          <dt>Digest</dt>
          <dd className="mono wrap" data-q="dataset.digest">
            {dataset.digest}
          </dd>
        </div>
      </dl>
    </section>
  );
}

/** Return the dividends and splits that were kept apart; nothing when there are none. */
export function Quarantine({ dataset }: { dataset: Dataset }) {
  const apart = quarantineOf(dataset);
  if (apart.length === 0) return null;
  return (
    <section className="block">
      <header>
        <h2>Kept apart</h2>
        <small>dividends and splits that can hardly be true; they are not booked</small>
      </header>
      <DataTable<Apart>
        caption="Dividends and splits that are not booked"
        rows={apart}
        rowKey={({ kind, ex_date: on }) => `${kind} ${on}`}
        columns={[
          { head: "Ex-date", rowHead: true, cell: ({ ex_date: on }) => on },
          { head: "Kind", cell: ({ kind }) => kind },
          { head: "Value", num: true, cell: ({ value }) => value },
          {
            head: "Reason",
            full: true,
            cell: ({ reason }) => <span className="wrap">{reason}</span>,
          },
        ]}
      />
    </section>
  );
}
