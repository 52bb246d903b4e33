import type { SimulationResult } from "@/api/types";
import { ExactChange, Value } from "@/components/value";
import { money, ratio, UNKNOWN } from "@/lib/format";

type Parts = SimulationResult["attribution"];

const PARTS: readonly { name: keyof Parts; label: string; what: string }[] = [
  {
    name: "hold",
    label: "Holding",
    what: "the whole change of the opening shares and cash, never traded",
  },
  {
    name: "harvest",
    label: "Harvest",
    what: "round trips, each sale matched with the latest purchase still open, or the reverse",
  },
  {
    name: "open_timing",
    label: "Open timing",
    what: "trades without a match, at the last price",
  },
  { name: "dividends", label: "Dividends", what: "more or less than holding was paid" },
  { name: "withholding", label: "Withholding", what: "tax on them, against that of holding" },
  { name: "interest", label: "Interest", what: "on cash, against that of holding" },
  { name: "commissions", label: "Commissions", what: "paid" },
  { name: "slippage", label: "Slippage", what: "booked against the price decided on" },
];

interface Row {
  label: string;
  what: string;
  q: string;
  value: string;
  /** Where the bar starts and ends, in dollars; a float, for drawing only. */
  from: number;
  to: number;
}

function partRows(attribution: Parts): Row[] {
  let reached = 0;
  return PARTS.map(({ name, label, what }) => {
    const value = attribution[name];
    const from = reached;
    reached += Number(value);
    return { label, what, q: `result.attribution.${name}`, value, from, to: reached };
  });
}

function sumRows({ attribution, excess_over_holding: excess }: SimulationResult): Row[] {
  const total = Number(attribution.total);
  return [
    {
      label: "Robot less holding",
      what: "all parts but the first",
      q: "result.excess_over_holding",
      value: excess,
      from: Number(attribution.hold),
      to: total,
    },
    {
      label: "Robot",
      what: "the whole change in value",
      q: "result.attribution.total",
      value: attribution.total,
      from: 0,
      to: total,
    },
  ];
}

/** Return the signed parts of the change in value as a waterfall, with what theory expected. */
export function Attribution({ result }: { result: SimulationResult }) {
  const parts = partRows(result.attribution);
  const sums = sumRows(result);
  const ends = parts.flatMap(({ from, to }) => [from, to]);
  const scale = { low: Math.min(...ends), high: Math.max(...ends) };
  return (
    <section className="block">
      <header>
        <h2>Where the difference comes from</h2>
        <small>the parts add up to the last digit</small>
      </header>
      <table className="waterfall">
        <caption className="visually-hidden">The parts of the change in value</caption>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col" className="num">
              Change in value
            </th>
            <th scope="col">
              <span className="visually-hidden">Drawn</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {parts.map((row) => (
            <Part key={row.q} row={row} {...scale} />
          ))}
        </tbody>
        <tfoot>
          {sums.map((row) => (
            <Part key={row.q} row={row} {...scale} />
          ))}
        </tfoot>
      </table>
      <Harvest result={result} />
    </section>
  );
}

function Part({ row, low, high }: { row: Row; low: number; high: number }) {
  const { label, what, q, value, from, to } = row;
  const at = (dollars: number) => ((dollars - low) / (high - low || 1)) * 100;
  const left = at(Math.min(from, to));
  return (
    <tr>
      <th scope="row">
        {label}
        <small>{what}</small>
      </th>
      <td className="num">
        <ExactChange q={q} value={value} />
      </td>
      <td>
        <div className="fall" aria-hidden="true">
          <i className="fall-zero" style={{ left: `${at(0)}%` }} />
          {to === from ? null : (
            <i
              className={to < from ? "fall-bar down" : "fall-bar"}
              style={{ left: `${left}%`, width: `${at(Math.max(from, to)) - left}%` }}
            />
          )}
        </div>
      </td>
    </tr>
  );
}

function Harvest({ result }: { result: SimulationResult }) {
  const { theory, efficiency } = result.harvest;
  return (
    <footer>
      <span>
        Harvest in theory{" "}
        <b>
          <Value q="result.harvest.theory">{money(theory)}</Value>
        </b>
        , efficiency{" "}
        <b>
          <Value q="result.harvest.efficiency">
            {efficiency === null ? UNKNOWN : `${ratio(efficiency)}×`}
          </Value>
        </b>
        {efficiency === null ? `: ${result.undefined["harvest.efficiency"] ?? "undefined"}` : null}.
      </span>
      <span>
        Harvest can be negative: a round trip that bought dearer than it sold. The theory describes
        a constant mix; a proportional robot trades more per move, so an efficiency above 1 is
        usual.
      </span>
    </footer>
  );
}
