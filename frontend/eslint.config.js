import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = ["lab", "position", "positions"];

const noRelativeParents = {
  regex: "^\\.\\.?/",
  message: "Import by '@/…', so that a file can move without its imports.",
};
const noFeatures = {
  regex: "^@/features/",
  message: "components, lib and api know no feature.",
};
const noApp = { regex: "^@/app/", message: "Only app imports app: app → features → components." };

const zone = (files, patterns) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [noRelativeParents, ...patterns] }] },
});

export default tseslint.config(
  { ignores: ["dist", "public", "src/api/schema.gen.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.js"] } } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    ...jsxA11y.flatConfigs.strict,
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "max-lines": ["error", { max: 300 }],
      "no-restricted-globals": ["error", { name: "fetch", message: "Use the client in @/api." }],
      "no-restricted-properties": [
        "error",
        { property: "toFixed", message: "Use @/lib/format: binary rounding shows wrong cents." },
        { property: "toPrecision", message: "Use @/lib/format." },
      ],
    },
  },
  zone(["src/app/**"], []),
  zone(["src/components/**", "src/lib/**", "src/api/**"], [noFeatures, noApp]),
  ...features.map((feature) =>
    zone(
      [`src/features/${feature}/**`],
      [
        noApp,
        {
          regex: `^@/features/(?!${feature}/)`,
          message: "Features do not import one another; share through components, lib or api.",
        },
      ],
    ),
  ),
  { files: ["*.js"], ...tseslint.configs.disableTypeChecked },
);
