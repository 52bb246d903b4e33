import { Button } from "@/components/button";
import { Icon } from "@/components/icons";
import { useTheme, type Theme } from "@/lib/theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

/** Return the button that goes through system, light and dark. */
export function ThemeToggle() {
  const [theme, setTheme] = useTheme();
  const words = `Theme: ${theme}. Change to ${NEXT[theme]}.`;
  return (
    <Button look="plain" className="icon" title={words} onClick={() => setTheme(NEXT[theme])}>
      <Icon name={theme} />
      <span className="visually-hidden">{words}</span>
    </Button>
  );
}
