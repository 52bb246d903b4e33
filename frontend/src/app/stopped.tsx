import { useState } from "react";
import { useFlipTrading, useTrading } from "@/api/trading";
import { Problem } from "@/api/problem";
import { useRunning } from "@/app/stop";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Form } from "@/components/form";
import { Banner, ErrorBanner } from "@/components/states";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";

/** Return the dialog that lets trading go on, with the reason that is kept. */
function ResumeDialog({ onClose }: { onClose: () => void }) {
  const [reason, setReason] = useState("");
  const resume = useFlipTrading("resume");
  const running = useRunning();
  const problem = resume.error ? Problem.from(resume.error) : null;
  return (
    <Dialog title="Resume trading?" onClose={onClose}>
      <Form onSubmit={() => resume.mutate(reason, { onSuccess: onClose })}>
        <p className="soft">
          <b>{running.words} may trade again</b> from the next check on. What is paused or halted
          stays so.
        </p>
        <TextField
          label="Reason, kept in the audit trail"
          name="reason"
          inputMode="text"
          value={reason}
          onChange={setReason}
          error={problem?.field("reason")}
        />
        {resume.error ? <ErrorBanner error={resume.error} what="Trading was not resumed" /> : null}
        <div className="actions">
          <Button onClick={onClose}>Leave it stopped</Button>
          <Button type="submit" look="solid" busy={resume.isPending}>
            Resume trading
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Return the banner of stopped trading, on every page while it lasts; nothing otherwise. */
export function StoppedBanner() {
  const [isOpen, setOpen] = useState(false);
  const trading = useTrading().data;
  const now = useNow();
  if (!trading?.halted) return null;
  return (
    <>
      <Banner
        title={`All trading is stopped since ${exchangeMoment(trading.changed_at, now)} ET`}
        action={<Button onClick={() => setOpen(true)}>Resume trading</Button>}
      >
        <p>{trading.reason}. No order is made; every check is refused until somebody resumes.</p>
      </Banner>
      {isOpen ? <ResumeDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}
