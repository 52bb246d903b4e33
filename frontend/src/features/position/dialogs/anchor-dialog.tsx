import { useState } from "react";
import { useSetAnchor } from "@/api/positions";
import { Problem } from "@/api/problem";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { BeforeAfter } from "@/components/before-after";
import { Facts } from "@/components/facts";
import { plain } from "@/lib/decimal";
import { price as priceText } from "@/lib/format";

interface Props {
  position: Position;
  onClose: () => void;
}

/** Return the dialog that sets the anchor by hand and shows the triggers before and after. */
export function AnchorDialog({ position, onClose }: Props) {
  const [before] = useState(position);
  const [price, setPrice] = useState(position.last_price?.price ?? "");
  const [reason, setReason] = useState("");
  const set = useSetAnchor(position.id);
  const problem = set.error ? Problem.from(set.error) : null;
  const after = set.data;
  const submit = () => {
    set.mutate({ price: plain(price), reason });
  };
  const row = (name: string, read: (from: Position) => string | null) => ({
    name,
    before: priceText(read(before)),
    after: priceText(read(after ?? before)),
  });
  const rows = [
    row("Anchor", (from) => from.anchor_price),
    row("Sells at or above", (from) => from.sell_at),
    row("Buys at or below", (from) => from.buy_at),
  ];
  return (
    <Dialog
      title={
        after ? `The anchor of ${position.symbol} is set` : `Set the anchor of ${position.symbol}?`
      }
      onClose={onClose}
    >
      {after ? (
        <>
          <BeforeAfter rows={rows} />
          <div className="actions">
            <Button look="solid" onClick={onClose}>
              Back to {position.symbol}
            </Button>
          </div>
        </>
      ) : (
        <Form onSubmit={submit}>
          <p className="soft">
            Both triggers are counted from the anchor, so the next trade moves with it. The last
            price is {priceText(position.last_price?.price)}; the anchor lies within a factor of 2
            of it.
          </p>
          <Facts pairs={rows.map((each) => [each.name, each.before])} />
          <div className="form-pair">
            <TextField
              label="New anchor"
              name="price"
              unit="$"
              inputMode="decimal"
              value={price}
              onChange={setPrice}
              error={problem?.field("price")}
            />
            <TextField
              label="Reason, kept in the audit trail"
              name="reason"
              inputMode="text"
              value={reason}
              onChange={setReason}
              error={problem?.field("reason")}
            />
          </div>
          {set.error ? <ErrorBanner error={set.error} what="The anchor was not set" /> : null}
          <div className="actions">
            <Button onClick={onClose}>Keep the anchor</Button>
            <Button type="submit" look="solid" busy={set.isPending}>
              Set the anchor
            </Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}
