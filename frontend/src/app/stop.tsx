import { useEffect, useRef, useState } from "react";
import { usePositions } from "@/api/positions";
import { useFlipTrading, useTrading } from "@/api/trading";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icons";
import { ErrorBanner } from "@/components/states";
import { plural } from "@/lib/format";

interface Props {
  onClose: () => void;
}

/** Return the running positions in words, as in "2 positions (KO, MSFT)". */
export function useRunning(): { count: number; words: string } {
  const running = usePositions().data?.items.filter(({ status }) => status === "running") ?? [];
  const symbols = [...new Set(running.map(({ symbol }) => symbol))];
  const shown = symbols.length > 6 ? [...symbols.slice(0, 6), "…"] : symbols;
  const names = shown.length > 0 ? ` (${shown.join(", ")})` : "";
  return {
    count: running.length,
    words: `${plural(running.length, "running position", "running positions")}${names}`,
  };
}

/** Return the dialog that stops all trading: no typing, and Stop has the focus. */
function StopDialog({ onClose }: Props) {
  const stop = useFlipTrading("halt");
  const running = useRunning();
  const now = useRef<HTMLButtonElement>(null);
  // Once the dialog is open, which has focused its first button.
  useEffect(() => now.current?.focus(), []);
  return (
    <Dialog title="Stop all trading?" onClose={onClose}>
      <p className="soft">
        <b>
          {running.words} {running.count === 1 ? "stops" : "stop"} trading
        </b>{" "}
        within a second: no order is made until somebody resumes. Shares and cash stay as they are,
        and so does the status of each position.
      </p>
      {stop.error ? (
        <ErrorBanner
          error={stop.error}
          what="Trading was not stopped from here. Run ./vb halt on the machine: it works without the backend"
        />
      ) : null}
      <div className="actions">
        <Button onClick={onClose}>Keep trading</Button>
        <Button
          ref={now}
          look="stop-now"
          busy={stop.isPending}
          onClick={() => stop.mutate("Stopped by hand", { onSuccess: onClose })}
        >
          <Icon name="halted" />
          Stop now
        </Button>
      </div>
    </Dialog>
  );
}

/** Return the button of the header that stops everything; Ctrl-Shift-S opens its dialog too. */
export function StopButton() {
  const [isOpen, setOpen] = useState(false);
  const halted = useTrading().data?.halted ?? false;

  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (!event.ctrlKey || !event.shiftKey || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      // A modal dialog on top of another one would hide what was being asked.
      if (!document.querySelector("dialog[open]")) setOpen(true);
    };
    window.addEventListener("keydown", open);
    return () => window.removeEventListener("keydown", open);
  }, []);

  if (halted) return null;
  return (
    <>
      <Button
        look="stop"
        title="Stop all trading (Ctrl-Shift-S)"
        aria-keyshortcuts="Control+Shift+S"
        onClick={() => setOpen(true)}
      >
        <Icon name="halted" />
        Stop
      </Button>
      {isOpen ? <StopDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}
