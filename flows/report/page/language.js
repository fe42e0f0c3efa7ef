// Words, numbers and dates in the reader's language.

import { keep, recall } from "./kept.js";

const NOTHING = "–";
const LANGUAGE_NAMES = { en: "English", zh: "简体中文" };
const DAY_MS = 86_400_000;

const tongue = { all: {}, code: "en", locale: "en", origin: 0, formats: new Map() };

export function languages() {
  return Object.keys(tongue.all).map((code) => ({ code, name: LANGUAGE_NAMES[code] || code }));
}

export function language() {
  return tongue.code;
}

export function speak(code) {
  tongue.code = code in tongue.all ? code : "en";
  const wanted = navigator.languages.find((one) => one.split("-")[0] === tongue.code);
  tongue.locale = wanted || (tongue.code === "zh" ? "zh-CN" : tongue.code);
  tongue.formats.clear();
  document.documentElement.lang = tongue.code === "zh" ? "zh-Hans" : tongue.code;
  keep("language", tongue.code);
}

export function learn(all, asOf) {
  tongue.all = all;
  tongue.origin = Date.parse(`${asOf}T00:00:00Z`);
  const asked = navigator.languages.map((one) => one.split("-")[0]).find((one) => one in all);
  speak(recall("language", asked || "en"));
}

// t("lines", {n: 3}): the words of a key with its {names} filled in; {"one": …, "other": …} is chosen by n.
export function t(key, values) {
  let words = tongue.all[tongue.code][key];
  if (words === undefined) return key;
  if (typeof words === "object") words = words[new Intl.PluralRules(tongue.locale).select(values.n)] || words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? units(value) : String(value);
  });
}

export function has(key) {
  return tongue.all[tongue.code][key] !== undefined;
}

// The words of a code such as `mark_down`: those of the language, else what the run says of it, else the code itself, readable.
export function named(kind, code, fallback) {
  const key = `${kind}.${code}`;
  return has(key) ? t(key) : fallback || String(code).replaceAll("_", " ");
}

function formatted(name, make, value) {
  if (!tongue.formats.has(name)) tongue.formats.set(name, make());
  return tongue.formats.get(name).format(value);
}

function unknown(value) {
  return value === null || value === undefined || Number.isNaN(value);
}

function number(value, decimals, least) {
  const size = `n${decimals}.${least || 0}`;
  const shown = formatted(
    size,
    () => new Intl.NumberFormat(tongue.locale, { maximumFractionDigits: decimals, minimumFractionDigits: least || 0 }),
    value,
  );
  return shown === "-0" ? "0" : shown.replace("-", "−");
}

export function units(value) {
  return unknown(value) ? NOTHING : number(value, Math.abs(value) < 10 ? 1 : 0);
}

// `1 unit`, `12 units`.
export function counted(value) {
  return t("units", { n: value, shown: units(value) });
}

export function exact(value, decimals) {
  return unknown(value) ? NOTHING : number(value, decimals === undefined ? 2 : decimals);
}

export function money(value, currency) {
  if (unknown(value)) return NOTHING;
  const decimals = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  if (!/^[A-Z]{3}$/.test(currency || "")) return number(value, decimals, decimals) + (currency ? ` ${currency}` : "");
  const make = () =>
    new Intl.NumberFormat(tongue.locale, {
      style: "currency",
      currency,
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  return formatted(`m${currency}${decimals}`, make, value).replace("-", "−");
}

// What is neither none nor all never reads 0% or 100%.
export function percent(share, decimals) {
  if (unknown(share)) return NOTHING;
  const places = decimals || 0;
  const make = () => new Intl.NumberFormat(tongue.locale, { style: "percent", maximumFractionDigits: places, minimumFractionDigits: places });
  const edge = 10 ** -(places + 2);
  if (share > 0 && share < edge / 2) return `<${formatted(`p${places}`, make, edge)}`;
  if (share < 1 && share > 1 - edge / 2) return `>${formatted(`p${places}`, make, 1 - edge)}`;
  return formatted(`p${places}`, make, share).replace("-", "−");
}

export function cover(days) {
  if (unknown(days)) return NOTHING;
  return days > 365 ? ">365" : number(days, days < 10 ? 1 : 0);
}

export function seconds(value) {
  if (unknown(value)) return NOTHING;
  if (value < 60) return t("time.seconds", { s: number(value, value < 10 ? 1 : 0) });
  const whole = Math.round(value);
  return t("time.minutes", { m: String(Math.floor(whole / 60)), s: String(whole % 60).padStart(2, "0") });
}

function dated(name, options, offset) {
  if (unknown(offset)) return NOTHING;
  const make = () => new Intl.DateTimeFormat(tongue.locale, { timeZone: "UTC", ...options });
  return formatted(name, make, new Date(tongue.origin + offset * DAY_MS));
}

// Dates are days after as_of.
export function day(offset) {
  return dated("day", { weekday: "short", day: "numeric", month: "short" }, offset);
}

export function shortDay(offset) {
  return dated("short", { day: "numeric", month: "short" }, offset);
}

export function yearDay(offset) {
  return dated("year", { weekday: "short", day: "numeric", month: "short", year: "numeric" }, offset);
}

export function longDay(offset) {
  return dated("long", { weekday: "long", day: "numeric", month: "long", year: "numeric" }, offset);
}

export function isoDay(offset) {
  return unknown(offset) ? "" : new Date(tongue.origin + offset * DAY_MS).toISOString().slice(0, 10);
}

export function offsetOf(isoDate) {
  return Math.round((Date.parse(`${isoDate.slice(0, 10)}T00:00:00Z`) - tongue.origin) / DAY_MS);
}

export function moment(isoTime) {
  const when = new Date(isoTime);
  return Number.isNaN(when.getTime())
    ? String(isoTime)
    : formatted("moment", () => new Intl.DateTimeFormat(tongue.locale, { dateStyle: "medium", timeStyle: "short" }), when);
}

// Words joined as the language joins them.
export function listed(words) {
  return words.join(tongue.code === "zh" ? "；" : "; ");
}
