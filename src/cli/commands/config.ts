/** `padma config …`. */
import { command } from "../command.ts";

export const configShow = command({
  path: ["config", "show"],
  summary: "print the configuration in force: config.toml and the environment",
  load: async () => (await import("./config/show.ts")).show,
});

export const configDefault = command({
  path: ["config", "default"],
  summary: "print a config.toml with every setting explained, at its default",
  load: async () => (await import("./config/default.ts")).showDefault,
});
