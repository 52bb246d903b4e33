import type { Side } from "@/components/side";
import { percent, setting, type Decimal } from "@/lib/format";

interface Props {
  share: Decimal;
  min: string;
  max: string;
}

// Positions on the bar are drawing only, so a float is exact enough here.
function onBar(fraction: string): number {
  return Math.min(100, Math.max(0, Number(fraction) * 100));
}

function Zones({ min, max }: { min: string; max: string }) {
  return (
    <>
      <span className="zone low" style={{ width: `${onBar(min)}%` }} />
      <span className="zone high" style={{ width: `${100 - onBar(max)}%` }} />
    </>
  );
}

/** Return the small gauge of a table row, beside its percentage. */
export function MiniGauge({ share, min, max, q }: Props & { q: string }) {
  return (
    <span className="with-gauge">
      <span data-q={q}>{percent(share)}</span>
      <span className="mini-gauge" aria-hidden="true">
        <Zones min={min} max={max} />
        {share == null ? null : <span className="pointer" style={{ left: `${onBar(share)}%` }} />}
      </span>
    </span>
  );
}

/** Where the next order on a side would leave the stock share. */
interface Ghost {
  side: Side;
  share: string;
}

function After({ ghosts }: { ghosts: readonly Ghost[] }) {
  return (
    <p className="after">
      {ghosts.map(({ side, share }) => (
        <span key={side} className={side}>
          {side === "sell" ? "▼" : "▲"} after the next {side}{" "}
          <span data-q="ladder.rung.stock_share_after">{percent(share)}</span>
        </span>
      ))}
    </p>
  );
}

/** Return the gauge of the stock share between its limits; every value is also text. */
export function Gauge({ share, min, max, ghosts }: Props & { ghosts: readonly Ghost[] }) {
  const now = percent(share);
  const at = share == null ? null : onBar(share);
  return (
    <div className="gauge">
      <div className="labels">
        {at === null ? null : (
          <span style={at > 80 ? { right: `${100 - at}%` } : { left: `${at}%` }}>
            <b data-q="position.stock_share">now {now}</b>
          </span>
        )}
      </div>
      <div
        className="gauge-bar"
        role="img"
        aria-label={`Stock share ${now}, allowed ${setting(min)} to ${setting(max)}.`}
      >
        <Zones min={min} max={max} />
        {ghosts.map((ghost) => (
          <span
            key={ghost.side}
            className={`ghost ${ghost.side}`}
            style={{ left: `${onBar(ghost.share)}%` }}
          />
        ))}
        {at === null ? null : <span className="pointer" style={{ left: `${at}%` }} />}
      </div>
      <div className="labels below">
        <span className="quiet wide-only" style={{ left: 0 }}>
          0
        </span>
        <span
          className="guard"
          style={
            onBar(min) > 12
              ? { right: `calc(${100 - onBar(min)}% + 6px)` }
              : { left: `${onBar(min) + 2}%` }
          }
        >
          min {setting(min)}
        </span>
        <span
          className="guard"
          style={
            onBar(max) < 80
              ? { left: `calc(${onBar(max)}% + 6px)` }
              : { right: `calc(${100 - onBar(max)}% + 6px)` }
          }
        >
          max {setting(max)}
        </span>
        <span className="quiet wide-only" style={{ right: 0 }}>
          100 %
        </span>
      </div>
      {ghosts.length > 0 ? <After ghosts={ghosts} /> : null}
    </div>
  );
}
