// Filtered rows as CSV and as text for a spreadsheet. A cell that a spreadsheet would run as a formula is made harmless.

import { language, named, t } from "./language.js";

const FORMULA = /^[=+\-@\t\r]/;

function cell(column, row) {
  const value = column.plain(row, column.field);
  return typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
}

function headed(columns) {
  return columns.map((column) => named("col", column.field));
}

function always(columns, all) {
  // Names alone do not tell rows apart: the keys go along.
  const keys = ["sku", "fc"].filter((field) => !columns.some((column) => column.field === field));
  return [...keys.map((field) => all.get(field)), ...columns];
}

export function asCsv(columns, all, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const shown = always(columns, all);
  const lines = [headed(shown), ...rows.map((row) => shown.map((column) => cell(column, row)))];
  return lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}

export function asTabs(columns, all, rows) {
  const flat = (text) => text.replace(/[\t\r\n]+/g, " ");
  const shown = always(columns, all);
  return [headed(shown), ...rows.map((row) => shown.map((column) => cell(column, row)))].map((line) => line.map(flat).join("\t")).join("\n");
}

export function download(name, text) {
  const link = document.createElement("a");
  // The mark in front tells spreadsheets that the file is UTF-8.
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    area.className = "hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function announced(done, n) {
  return done ? t("orders.copied", { n, shown: n.toLocaleString(language()) }) : t("orders.not_copied");
}
