import { useState } from "react";
import { useLocation } from "wouter";
import { useOpenPosition } from "@/api/positions";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { OpeningFields } from "@/components/opening-fields";
import { ErrorBanner } from "@/components/states";
import { ProtectionFields } from "@/components/protection-fields";
import { StrategyFields } from "@/components/strategy-fields";
import { StyleField } from "@/components/style-field";
import { openingDraft, openingOf } from "@/lib/opening";
import { protectionsDraft, protectionsOf } from "@/lib/protections";
import { presetDraft, strategyOf } from "@/lib/strategy";

/** Return the form of a new position, with every setting. */
export function OpenDialog({ onClose }: { onClose: () => void }) {
  const [symbol, setSymbol] = useState("");
  const [name, setName] = useState("");
  const [opening, setOpening] = useState(openingDraft);
  const [strategy, setStrategy] = useState(() => presetDraft("balanced"));
  const [protections, setProtections] = useState(protectionsDraft);
  const open = useOpenPosition();
  const [, navigate] = useLocation();
  const problem = open.error ? Problem.from(open.error) : null;

  const submit = () => {
    const request = {
      symbol: symbol.trim().toUpperCase(),
      name: name.trim() || null,
      opening: openingOf(opening),
      strategy: strategyOf(strategy),
      protections: protectionsOf(protections),
      broker: "paper" as const,
    };
    open.mutate(request, { onSuccess: ({ id }) => navigate(`/positions/${id}`) });
  };

  return (
    <Dialog title="Open a paper position" onClose={onClose}>
      <Form onSubmit={submit}>
        <p className="soft">It starts paused: nothing trades until you start it.</p>
        <div className="form-pair">
          <TextField
            label="Symbol"
            name="symbol"
            placeholder="e.g. KO"
            inputMode="text"
            value={symbol}
            onChange={setSymbol}
            error={problem?.field("symbol")}
          />
          <TextField
            label="Name (may stay empty)"
            name="name"
            inputMode="text"
            value={name}
            onChange={setName}
            error={problem?.field("name")}
          />
        </div>
        <OpeningFields draft={opening} onChange={setOpening} problem={problem} />
        <StyleField draft={strategy} onChange={setStrategy} />
        <ProtectionFields draft={protections} onChange={setProtections} problem={problem} />
        <details>
          <summary>All strategy settings</summary>
          <div className="form">
            <StrategyFields draft={strategy} onChange={setStrategy} problem={problem} />
          </div>
        </details>
        {open.error ? <ErrorBanner error={open.error} what="The position was not opened" /> : null}
        <div className="actions">
          <Button onClick={onClose}>Open nothing</Button>
          <Button type="submit" look="solid" busy={open.isPending}>
            Open paper position
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
