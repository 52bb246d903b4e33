import type { Position } from "@/api/types";
import { Button } from "@/components/button";
import { Status } from "@/components/status";
import type { DialogName } from "@/features/position/dialogs";

const ACTIONS: readonly { name: DialogName; text: string }[] = [
  { name: "check", text: "Check now" },
  { name: "what-if", text: "What if" },
  { name: "strategy", text: "Edit strategy" },
  { name: "anchor", text: "Set anchor" },
  { name: "cash", text: "Deposit or withdraw" },
];

const STATUS_ACTION = {
  paused: { name: "start", text: "Start" },
  running: { name: "pause", text: "Pause" },
  halted: { name: "resolve", text: "Resolve halt" },
} as const;

interface Props {
  position: Position;
  onAction: (name: DialogName) => void;
}

/** Return the position's name, status and everything a person can do to it. */
export function PositionHead({ position, onAction }: Props) {
  const status = STATUS_ACTION[position.status];
  return (
    <div className="page-head">
      <h1>{position.symbol}</h1>
      {position.name === position.symbol ? null : <span className="soft">{position.name}</span>}
      <span className="mode paper">PAPER</span>
      <Status status={position.status} />
      <small>strategy version {position.strategy_version}</small>
      <div className="actions">
        <Button
          look={position.status === "running" ? "outline" : "solid"}
          onClick={() => onAction(status.name)}
        >
          {status.text}
        </Button>
        {ACTIONS.map(({ name, text }) => (
          <Button key={name} onClick={() => onAction(name)}>
            {text}
          </Button>
        ))}
      </div>
    </div>
  );
}
