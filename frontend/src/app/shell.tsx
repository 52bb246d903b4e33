import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";
import { Header } from "@/app/header";
import { Rail, TabBar } from "@/app/navigation";
import { StoppedBanner } from "@/app/stopped";

/** Return header, navigation and the page between them. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const shown = useRef(path);

  // A new page is announced by moving the focus into it, as a page load would.
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus();
    window.scrollTo(0, 0);
  }, [path]);

  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <div className="shell">
        <Rail />
        <main id="main" ref={main} tabIndex={-1}>
          <StoppedBanner />
          {children}
        </main>
      </div>
      <TabBar />
    </>
  );
}
