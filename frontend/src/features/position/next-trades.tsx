import type { useLadder } from "@/api/positions";
import type { Ladder, Position, Rung, Silence } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { MiniGauge } from "@/components/gauge";
import { SideMark } from "@/components/side";
import { ErrorBanner, Skeleton } from "@/components/states";
import { ExactPrice, Moment, Value } from "@/components/value";
import { fee, money, moneyChange, percentChange, shares, sharesChange } from "@/lib/format";
import { reasonWords, ruleWords } from "@/lib/words";

/** A row of the ladder: an order to come, or the price now where none is due at it. */
interface Row {
  key: string;
  rung: Rung | null;
  isDue: boolean;
}

function rowsOf({ up, due, down }: Ladder): Row[] {
  const row = (key: string) => (rung: Rung, index: number) => ({
    key: `${key}${index}`,
    rung,
    isDue: false,
  });
  return [
    ...up.rungs.map(row("up")).reverse(),
    { key: "now", rung: due, isDue: due !== null },
    ...down.rungs.map(row("down")),
  ];
}

function silence({ reason, rule }: Silence): string {
  return rule ? `${reasonWords(reason)} (${ruleWords(rule).toLowerCase()})` : reasonWords(reason);
}

/** Return which rule decides where and how large the order is. */
function Rule({ rung }: { rung: Rung }) {
  const isCut = rung.binding !== null && rung.binding !== "lot";
  return (
    <>
      {rung.held_back ? (
        <div>
          <span className="tag guard">waits</span>{" "}
          {rung.trigger === null ? null : (
            <>
              trigger <ExactPrice value={rung.trigger} q="ladder.rung.trigger" bare />,{" "}
            </>
          )}
          until here {silence(rung.held_back)}
        </div>
      ) : null}
      {isCut ? (
        <div>
          <span className="tag guard">cut</span> from{" "}
          <Value q="ladder.rung.raw_quantity">{shares(rung.raw_quantity)}</Value> to{" "}
          <Value q="ladder.rung.quantity">{shares(rung.quantity)}</Value> by{" "}
          {ruleWords(rung.binding ?? "").toLowerCase()}
        </div>
      ) : null}
      {rung.cause === "drift" ? <div>{reasonWords("drift")}: back inside</div> : null}
      {!rung.held_back && !isCut && rung.cause === "trigger" ? (
        <span className="quiet">full size</span>
      ) : null}
    </>
  );
}

function Name({ rung, isDue }: Row) {
  if (!rung) return <b>Now</b>;
  const verb = rung.side === "buy" ? "Buy" : "Sell";
  return <SideMark side={rung.side} word={isDue ? `${verb} now` : verb} />;
}

function Table({ position, ladder }: { position: Position; ladder: Ladder }) {
  const { min_stock: min, max_stock: max } = position.strategy.guardrails;
  const signed = ({ side, quantity }: Rung) => (side === "sell" ? `-${quantity}` : quantity);
  return (
    <DataTable<Row>
      caption="Next trades"
      rows={rowsOf(ladder)}
      rowKey={(row) => row.key}
      columns={[
        {
          head: "Side",
          rowHead: true,
          full: true,
          cell: Name,
        },
        {
          head: "Price",
          num: true,
          cell: ({ rung }) =>
            rung ? (
              <b>
                <ExactPrice value={rung.price} q="ladder.rung.price" bare />
              </b>
            ) : (
              <ExactPrice value={ladder.price} q="ladder.price" bare />
            ),
        },
        {
          head: "Distance",
          num: true,
          cell: ({ rung }) =>
            rung && <Value q="ladder.rung.distance">{percentChange(rung.distance)}</Value>,
        },
        {
          head: "Shares",
          num: true,
          cell: ({ rung }) =>
            rung && <Value q="ladder.rung.quantity">{sharesChange(signed(rung))}</Value>,
        },
        {
          head: "Amount",
          num: true,
          cell: ({ rung }) =>
            rung && <Value q="ladder.rung.amount">{moneyChange(rung.amount)}</Value>,
        },
        {
          head: "Fee",
          num: true,
          cell: ({ rung }) =>
            rung && <Value q="ladder.rung.commission">{fee(rung.commission)}</Value>,
        },
        {
          head: "Share after",
          num: true,
          cell: ({ rung }) => (
            <MiniGauge
              share={rung ? rung.stock_share_after : position.stock_share}
              min={min}
              max={max}
              q={rung ? "ladder.rung.stock_share_after" : "position.stock_share"}
            />
          ),
        },
        {
          head: "Cash after",
          num: true,
          cell: ({ rung }) => (
            <Value q={rung ? "ladder.rung.cash_after" : "position.cash"}>
              {money(rung ? rung.cash_after : position.cash)}
            </Value>
          ),
        },
        {
          head: "Size rule",
          full: true,
          cell: ({ rung }) => rung && <Rule rung={rung} />,
        },
      ]}
    />
  );
}

/** Return what the table cannot say: a pause that still runs, and why a side has fewer rows. */
function Notes({ ladder, position }: { ladder: Ladder; position: Position }) {
  const { waits_until: pause, up, down } = ladder;
  const { drawdown_price: drawdown, daily_loss_price: dailyLoss } = position.protections;
  if (pause === null && !up.ended && !down.ended && drawdown === null && dailyLoss === null) {
    return null;
  }
  return (
    <div className="body soft">
      {pause === null ? null : (
        <p>
          None before <Moment at={pause} />: {reasonWords("cooldown")}.
        </p>
      )}
      <Floor price={drawdown} q="drawdown_price" limit="largest drawdown" />
      <Floor price={dailyLoss} q="daily_loss_price" limit="largest daily loss" />
      {up.ended ? <End where="above" count={up.rungs.length} ended={up.ended} /> : null}
      {down.ended ? <End where="below" count={down.rungs.length} ended={down.ended} /> : null}
    </div>
  );
}

function Floor({ price, q, limit }: { price: string | null; q: string; limit: string }) {
  if (price === null) return null;
  return (
    <p>
      None below <ExactPrice value={price} q={`position.protections.${q}`} /> as it stands: the{" "}
      {limit}.
    </p>
  );
}

function End({ where, count, ended }: { where: string; count: number; ended: Silence }) {
  return (
    <p>
      No {count > 0 ? "further " : ""}order {where}: {silence(ended)}.
    </p>
  );
}

interface Props {
  position: Position;
  ladder: ReturnType<typeof useLadder>;
}

/** Return the orders to come around the last price, each after the fill of the one before. */
export default function NextTrades({ position, ladder: { data, error, refetch } }: Props) {
  return (
    <section className="block">
      <header>
        <h2>Next trades</h2>
        <small>exact: at each price the decision flips, $0.0001 before it does not</small>
      </header>
      {error ? (
        <div className="body">
          <ErrorBanner
            error={error}
            what="The next trades could not be read"
            onRetry={() => void refetch()}
          />
        </div>
      ) : null}
      {!data && !error ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={240} />
        </div>
      ) : null}
      {data?.price === null ? (
        <div className="empty">
          <p>The first price sets the anchor; from then on the next trades are known.</p>
        </div>
      ) : null}
      {data?.price ? (
        <>
          <Table position={position} ladder={data} />
          <Notes ladder={data} position={position} />
        </>
      ) : null}
    </section>
  );
}
