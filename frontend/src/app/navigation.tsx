import { Link, useLocation } from "wouter";
import { usePositions } from "@/api/positions";
import { Icon } from "@/components/icons";
import { Status } from "@/components/status";

const PAGES = [
  { href: "/", name: "Positions", icon: "positions", within: "/positions" },
  { href: "/lab", name: "Simulation lab", icon: "lab", within: "/lab" },
] as const;

function current(path: string, page: (typeof PAGES)[number]): "page" | "true" | undefined {
  if (path === page.href) return "page";
  return path.startsWith(`${page.within}/`) ? "true" : undefined;
}

/** Return the navigation at the left: the pages, and the positions below theirs. */
export function Rail() {
  const [path] = useLocation();
  const positions = usePositions();
  return (
    <nav className="rail" aria-label="Main">
      {PAGES.map((page) => (
        <div key={page.href}>
          <Link href={page.href} aria-current={current(path, page)} title={page.name}>
            <Icon name={page.icon} />
            <span>{page.name}</span>
          </Link>
          {page.href === "/"
            ? positions.data?.items.map((position) => (
                <Link
                  key={position.id}
                  className="sub"
                  href={`/positions/${position.id}`}
                  aria-current={path === `/positions/${position.id}` ? "page" : undefined}
                >
                  {position.symbol}
                  <Status status={position.status} />
                </Link>
              ))
            : null}
        </div>
      ))}
    </nav>
  );
}

/** Return the bar at the bottom of a phone. */
export function TabBar() {
  const [path] = useLocation();
  return (
    <nav className="tab-bar" aria-label="Main, small screens">
      {PAGES.map((page) => (
        <Link key={page.href} href={page.href} aria-current={current(path, page)}>
          <Icon name={page.icon} />
          {page.name}
        </Link>
      ))}
    </nav>
  );
}
