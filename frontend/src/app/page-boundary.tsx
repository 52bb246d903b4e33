import { Component, type ReactNode } from "react";
import { Banner } from "@/components/states";
import { Button } from "@/components/button";

interface Props {
  path: string;
  children: ReactNode;
}

/** Show in place of a page that could not be loaded or drawn what happened; the shell stays. */
export class PageBoundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate({ path }: Props) {
    if (path !== this.props.path && this.state.error) this.setState({ error: null });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Banner
        title="This page could not be shown"
        action={<Button onClick={() => window.location.reload()}>Reload the page</Button>}
      >
        <p>
          The backend was away or updated while the page was loaded, or it has a fault. Trading goes
          on without it, and Stop works. Reload once the header says Live.
        </p>
        <p className="mono">{error.message}</p>
      </Banner>
    );
  }
}
