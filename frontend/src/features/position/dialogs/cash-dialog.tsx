import { useState } from "react";
import { useMoveCash } from "@/api/positions";
import { Problem } from "@/api/problem";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { DecisionSentence } from "@/components/decision/sentence";
import { Dialog } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { BeforeAfter } from "@/components/before-after";
import { plain } from "@/lib/decimal";
import { money, percent } from "@/lib/format";

interface Props {
  position: Position;
  onClose: () => void;
}

/** Return the dialog that moves cash in or out and shows what follows from it. */
export function CashDialog({ position, onClose }: Props) {
  const [before] = useState(position);
  const [kind, setKind] = useState<"deposit" | "withdrawal">("deposit");
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const move = useMoveCash(position.id);
  const problem = move.error ? Problem.from(move.error) : null;
  const after = move.data?.position;
  const verb = kind === "deposit" ? "Deposit" : "Withdraw";
  const submit = () => {
    move.mutate({ kind, amount: plain(amount), reason });
  };
  if (move.data && after) {
    const { min_stock: min, max_stock: max } = after.strategy.guardrails;
    return (
      <Dialog title={`The cash of ${position.symbol} has changed`} onClose={onClose}>
        <BeforeAfter
          rows={[
            { name: "Cash", before: money(before.cash), after: money(after.cash) },
            { name: "Value", before: money(before.value), after: money(after.value) },
            {
              name: "Stock share",
              before: percent(before.stock_share),
              after: percent(after.stock_share),
            },
          ]}
        />
        {move.data.decision ? (
          <>
            <p className="soft">At the last price the rules would now answer:</p>
            <DecisionSentence
              decision={move.data.decision}
              symbol={position.symbol}
              limits={{ min, max }}
            />
          </>
        ) : null}
        <div className="actions">
          <Button look="solid" onClick={onClose}>
            Back to {position.symbol}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Deposit to or withdraw from ${position.symbol}`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p className="soft">
          Cash is {money(position.cash)}. A withdrawal is at most that; dividends due cannot be
          taken out.
        </p>
        <div className="form-pair">
          <SelectField
            label="Movement"
            name="kind"
            value={kind}
            onChange={(next) => setKind(next === "deposit" ? "deposit" : "withdrawal")}
            options={[
              { value: "deposit", text: "Deposit" },
              { value: "withdrawal", text: "Withdrawal" },
            ]}
            error={problem?.field("kind")}
          />
          <TextField
            label="Amount"
            name="amount"
            unit="$"
            inputMode="decimal"
            value={amount}
            onChange={setAmount}
            error={problem?.field("amount")}
          />
        </div>
        <TextField
          label="Reason, kept in the audit trail"
          name="reason"
          inputMode="text"
          value={reason}
          onChange={setReason}
          error={problem?.field("reason")}
        />
        {move.error ? <ErrorBanner error={move.error} what="No cash was moved" /> : null}
        <div className="actions">
          <Button onClick={onClose}>Move no cash</Button>
          <Button type="submit" look="solid" busy={move.isPending}>
            {verb} cash
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
