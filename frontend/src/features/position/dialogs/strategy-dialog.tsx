import { useState } from "react";
import { useChangeStrategy } from "@/api/positions";
import { Problem } from "@/api/problem";
import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";
import { ProtectionFields } from "@/components/protection-fields";
import { StrategyFields } from "@/components/strategy-fields";
import { StyleField } from "@/components/style-field";
import { BeforeAfter } from "@/components/before-after";
import { protectionChanges, protectionsDraft, protectionsOf } from "@/lib/protections";
import { draftChanges, draftOf, strategyOf } from "@/lib/strategy";

interface Props {
  position: Position;
  onClose: () => void;
}

/** Return the dialog that saves strategy and protections, and lists what differs. */
export function StrategyDialog({ position, onClose }: Props) {
  const [before] = useState(() => draftOf(position.strategy));
  const [draft, setDraft] = useState(before);
  const [limits] = useState(() => protectionsDraft(position.protections));
  const [protections, setProtections] = useState(limits);
  const [reason, setReason] = useState("Changed by hand");
  const change = useChangeStrategy(position.id);
  const problem = change.error ? Problem.from(change.error) : null;
  const changes = [...draftChanges(before, draft), ...protectionChanges(limits, protections)];
  const submit = () => {
    const request = {
      strategy: strategyOf(draft),
      protections: protectionsOf(protections),
      reason,
    };
    change.mutate(request, { onSuccess: onClose });
  };
  return (
    <Dialog title={`Edit the strategy of ${position.symbol}`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p className="soft">
          What you save applies from the next decision on. A changed strategy becomes a new version;
          version {position.strategy_version} is kept.
        </p>
        <StyleField draft={draft} onChange={setDraft} />
        <StrategyFields draft={draft} onChange={setDraft} problem={problem} />
        <p className="soft">
          No order is made while the value is further below its peak, or below what the day began
          with, than you allow here.
        </p>
        <ProtectionFields draft={protections} onChange={setProtections} problem={problem} />
        {changes.length > 0 ? (
          <BeforeAfter
            rows={changes.map(({ field, before: was, after: is }) => ({
              name: field.label,
              before: `${was || "no limit"} ${was ? (field.unit ?? "") : ""}`,
              after: `${is || "no limit"} ${is ? (field.unit ?? "") : ""}`,
            }))}
          />
        ) : null}
        <TextField
          label="Reason, kept in the audit trail"
          name="reason"
          inputMode="text"
          value={reason}
          onChange={setReason}
          error={problem?.field("reason")}
        />
        {change.error ? (
          <ErrorBanner error={change.error} what="The strategy was not saved" />
        ) : null}
        <div className="actions">
          <Button onClick={onClose}>Keep version {position.strategy_version}</Button>
          <Button
            type="submit"
            look="solid"
            busy={change.isPending}
            disabled={changes.length === 0}
          >
            Save the strategy
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
