// Light or dark: as the system has it, or as the reader chose.

import { keep, recall } from "./kept.js";

export const THEMES = ["auto", "light", "dark"];

export function theme() {
  return recall("theme", "auto");
}

export function dress(name) {
  const chosen = THEMES.includes(name) ? name : "auto";
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  keep("theme", chosen);
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function onDarker(act) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act);
}
