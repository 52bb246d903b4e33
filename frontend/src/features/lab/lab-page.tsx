import { RunForm } from "@/features/lab/run-form";
import { RunList } from "@/features/lab/run-list";
import { usePageTitle } from "@/lib/page-title";

/** Return the simulation lab: a new run at the left, the earlier ones beside it. */
export default function LabPage() {
  usePageTitle("Simulation lab", "SIMULATION");
  return (
    <>
      <div className="page-head">
        <h1>Simulation lab</h1>
        <span className="mode">SIMULATION</span>
        <small>would the robot have beaten holding?</small>
      </div>
      <div className="lab">
        <RunForm />
        <div>
          <RunList />
        </div>
      </div>
    </>
  );
}
