// The run itself: what it was, how long it took, what it was told.

import { bar, el, empty, said } from "./elements.js";
import { longDay, moment, named, seconds, t, units } from "./language.js";
import { rowsOf } from "./payload.js";
import { session } from "./session.js";

const TIMES = ["started_at", "finished_at"];
const ELSEWHERE = new Set(["run_id", "as_of", "headline", "planning_messages", "name"]);

export function runView() {
  const { run, run_id: runId } = session.night;
  const plain = Object.entries(run).filter(([name, value]) => !ELSEWHERE.has(name) && value !== null && typeof value !== "object");
  const nested = Object.entries(run).filter(([name, value]) => !ELSEWHERE.has(name) && value !== null && typeof value === "object" && Object.keys(value).length);
  return [
    el(
      "section",
      { class: "two" },
      el(
        "div",
        {},
        el("h2", {}, t("run.title")),
        el(
          "dl",
          { class: "plain" },
          fact(t("run.run_id"), el("code", {}, said(runId))),
          fact(t("run.as_of"), longDay(0)),
          plain.map(([name, value]) => fact(named("run", name), TIMES.includes(name) ? moment(value) : said(shown(value)))),
        ),
      ),
      el("div", {}, el("h2", {}, t("run.times")), times()),
    ),
    el("section", {}, el("h2", {}, t("run.told")), nested.map(([name, value]) => el("details", { class: "block" }, el("summary", {}, named("run", name)), tree(value)))),
  ];
}

function fact(term, value) {
  return el("div", {}, el("dt", {}, term), el("dd", {}, value));
}

function shown(value) {
  return typeof value === "boolean" ? t(value ? "yes" : "no") : value;
}

function times() {
  const rows = rowsOf(session.night.metrics).filter((metric) => metric.group === "time" && metric.name === "stage_seconds" && metric.value !== null);
  const stages = rows.filter((metric) => metric.segment !== null);
  if (!stages.length) return empty(t("run.no_times"));
  const longest = Math.max(...stages.map((metric) => metric.value), 1e-9);
  const whole = rows.find((metric) => metric.segment === null);
  return el(
    "dl",
    { class: "plain times" },
    stages.map((metric) => fact(named("stage", metric.segment), [bar(metric.value / longest), el("span", { class: "n" }, seconds(metric.value))])),
    whole ? fact(t("run.whole"), el("span", { class: "n" }, seconds(whole.value))) : "",
  );
}

function tree(value) {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)) return el("p", { class: "leaf" }, said(value.join(", ") || "–"));
  return el(
    "dl",
    { class: "plain tree" },
    Object.entries(value).map(([name, item]) =>
      item !== null && typeof item === "object" && Object.keys(item).length
        ? el("div", { class: "branch" }, el("dt", {}, said(name)), el("dd", {}, tree(item)))
        : fact(said(name), said(item === null ? "–" : typeof item === "number" ? plainNumber(item) : typeof item === "object" ? "–" : shown(item))),
    ),
  );
}

function plainNumber(value) {
  return Math.abs(value) >= 1000 && Number.isInteger(value) ? units(value) : String(value);
}
