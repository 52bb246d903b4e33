import type { Position } from "@/api/types";
import { AnchorDialog } from "@/features/position/dialogs/anchor-dialog";
import { CashDialog } from "@/features/position/dialogs/cash-dialog";
import { CheckDialog } from "@/features/position/dialogs/check-dialog";
import { StatusDialog } from "@/features/position/dialogs/status-dialog";
import { StrategyDialog } from "@/features/position/dialogs/strategy-dialog";
import { WhatIfDialog } from "@/features/position/dialogs/what-if-dialog";

const NAMES = [
  "start",
  "pause",
  "resolve",
  "reset",
  "check",
  "what-if",
  "strategy",
  "anchor",
  "cash",
] as const;

export type DialogName = (typeof NAMES)[number];

/** Return the dialog that the address names, or null. */
export function dialogName(text: string | null): DialogName | null {
  return NAMES.find((name) => name === text) ?? null;
}

interface Props {
  name: DialogName;
  position: Position;
  onClose: () => void;
}

/** Return the open dialog of a position. */
export function PositionDialog({ name, position, onClose }: Props) {
  switch (name) {
    case "start":
    case "pause":
    case "resolve":
    case "reset":
      return <StatusDialog action={name} position={position} onClose={onClose} />;
    case "check":
      return <CheckDialog position={position} onClose={onClose} />;
    case "what-if":
      return <WhatIfDialog position={position} onClose={onClose} />;
    case "strategy":
      return <StrategyDialog position={position} onClose={onClose} />;
    case "anchor":
      return <AnchorDialog position={position} onClose={onClose} />;
    case "cash":
      return <CashDialog position={position} onClose={onClose} />;
  }
}
