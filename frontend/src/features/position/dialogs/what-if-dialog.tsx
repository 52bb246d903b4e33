import { useState } from "react";
import { useEvaluate } from "@/api/positions";
import { Problem } from "@/api/problem";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Blockers } from "@/components/decision/blockers";
import { Evidence } from "@/components/decision/evidence";
import { Margins } from "@/components/decision/margins";
import { DecisionSentence } from "@/components/decision/sentence";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { plain } from "@/lib/decimal";

interface Props {
  position: Position;
  onClose: () => void;
}

/** Return the dialog that asks the rules at a price that a person gives, without any effect. */
export function WhatIfDialog({ position, onClose }: Props) {
  const [price, setPrice] = useState(position.last_price?.price ?? "");
  const [asked, setAsked] = useState<string | undefined>(position.last_price?.price ?? undefined);
  const answer = useEvaluate(position.id, asked);
  const problem = answer.error ? Problem.from(answer.error) : null;
  const { min_stock: min, max_stock: max } = position.strategy.guardrails;
  const submit = () => {
    setAsked(plain(price));
  };
  return (
    <Dialog wide title={`What if ${position.symbol} stood at another price?`} onClose={onClose}>
      <Form onSubmit={submit}>
        <div className="ask">
          <TextField
            label="Price"
            name="price"
            unit="$"
            inputMode="decimal"
            value={price}
            onChange={setPrice}
            error={problem?.field("price")}
          />
          <Button type="submit" look="solid" busy={answer.isFetching}>
            Show the decision
          </Button>
        </div>
        <small>Nothing is traded, stored or changed.</small>
      </Form>
      {answer.error && !problem?.field("price") ? (
        <ErrorBanner error={answer.error} what="There is no answer" />
      ) : null}
      {answer.data ? (
        <>
          <DecisionSentence decision={answer.data} symbol={position.symbol} limits={{ min, max }} />
          <Blockers decision={answer.data} />
          <Margins margins={answer.data.margins} />
          <Evidence decision={answer.data} />
        </>
      ) : null}
      <div className="actions">
        <Button onClick={onClose}>Back to {position.symbol}</Button>
      </div>
    </Dialog>
  );
}
