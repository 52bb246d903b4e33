import { useState } from "react";
import { useChangeStatus } from "@/api/positions";
import type { Position } from "@/api/types";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { ErrorBanner } from "@/components/states";

type Action = "start" | "pause" | "resolve" | "reset";

const WORDS: Record<Action, { title: string; effect: string; reason: string; keep: string }> = {
  start: {
    title: "Start",
    effect: "From now on each check may lead to a paper order by the rules of its strategy.",
    reason: "Started by hand",
    keep: "Keep it paused",
  },
  pause: {
    title: "Pause",
    effect: "No order is made while it is paused. Shares, cash and anchor stay as they are.",
    reason: "Paused by hand",
    keep: "Keep it running",
  },
  resolve: {
    title: "Resolve the halt of",
    effect: "It becomes paused and forgets the last price. You start it again yourself.",
    reason: "",
    keep: "Leave it halted",
  },
  reset: {
    title: "Reset the peak of",
    effect:
      "Peak and the day's beginning are forgotten: drawdown and daily loss are measured from the next price used.",
    reason: "",
    keep: "Keep the peak",
  },
};

interface Props {
  action: Action;
  position: Position;
  onClose: () => void;
}

/** Return the dialog that starts, pauses, un-halts or resets, with the reason that is kept. */
export function StatusDialog({ action, position, onClose }: Props) {
  const words = WORDS[action];
  const [reason, setReason] = useState(words.reason);
  const change = useChangeStatus(position.id);
  const problem = change.error ? Problem.from(change.error) : null;
  const submit = () => {
    change.mutate({ action, reason }, { onSuccess: onClose });
  };
  return (
    <Dialog title={`${words.title} ${position.symbol}?`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p className="soft">{words.effect}</p>
        {position.halt_reason ? <p className="soft">Halted: {position.halt_reason}</p> : null}
        <TextField
          label="Reason, kept in the audit trail"
          name="reason"
          inputMode="text"
          value={reason}
          onChange={setReason}
          error={problem?.field("reason")}
        />
        {change.error ? (
          <ErrorBanner error={change.error} what={`${position.symbol} was not changed`} />
        ) : null}
        <div className="actions">
          <Button onClick={onClose}>{words.keep}</Button>
          <Button type="submit" look="solid" busy={change.isPending}>
            {words.title} {position.symbol}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
