import { useEvaluate, useTick } from "@/api/positions";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Blockers } from "@/components/decision/blockers";
import { Margins } from "@/components/decision/margins";
import { DecisionSentence } from "@/components/decision/sentence";
import { Dialog } from "@/components/dialog";
import { ErrorBanner, Skeleton } from "@/components/states";
import { BeforeAfter } from "@/components/before-after";
import { money, percent, price, shares } from "@/lib/format";
import { useState } from "react";

interface Props {
  position: Position;
  onClose: () => void;
}

function states(before: Position, after: Position) {
  return [
    { name: "Shares", before: shares(before.shares), after: shares(after.shares) },
    { name: "Cash", before: money(before.cash), after: money(after.cash) },
    { name: "Stock share", before: percent(before.stock_share), after: percent(after.stock_share) },
    { name: "Anchor", before: price(before.anchor_price), after: price(after.anchor_price) },
    { name: "Value", before: money(before.value), after: money(after.value) },
  ];
}

/** Return the dialog that first shows what a check would decide now, and then makes it. */
export function CheckDialog({ position, onClose }: Props) {
  const [before] = useState(position);
  const preview = useEvaluate(position.id, null);
  const tick = useTick(position.id);
  const { min_stock: min, max_stock: max } = position.strategy.guardrails;
  const limits = { min, max };
  return (
    <Dialog
      title={tick.data ? `${position.symbol} is checked` : `Check ${position.symbol} now?`}
      onClose={onClose}
    >
      {tick.data ? (
        <>
          <DecisionSentence
            decision={tick.data.decision}
            symbol={position.symbol}
            limits={limits}
          />
          <BeforeAfter rows={states(before, tick.data.position)} />
        </>
      ) : (
        <>
          {preview.isPending ? (
            <div aria-busy="true">
              <Skeleton width="100%" height={56} />
            </div>
          ) : null}
          {preview.data ? (
            <>
              <p className="soft">At the price of this moment the rules answer:</p>
              <DecisionSentence decision={preview.data} symbol={position.symbol} limits={limits} />
              <Blockers decision={preview.data} />
              <Margins margins={preview.data.margins} />
            </>
          ) : null}
          {preview.error ? (
            <ErrorBanner
              error={preview.error}
              what="There is no price to look ahead with"
              onRetry={() => void preview.refetch()}
            />
          ) : null}
        </>
      )}
      {tick.error ? <ErrorBanner error={tick.error} what="Nothing was decided or changed" /> : null}
      <div className="actions">
        {tick.data ? (
          <Button look="solid" onClick={onClose}>
            Back to {position.symbol}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Check later</Button>
            <Button look="solid" busy={tick.isPending} onClick={() => tick.mutate()}>
              Check {position.symbol} now
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}
