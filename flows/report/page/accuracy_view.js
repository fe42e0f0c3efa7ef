// How good the forecasts were on the windows held back, and whether their probabilities come true.

import { el, empty, said, table } from "./elements.js";
import { exact, money, named, percent, seconds, t, units } from "./language.js";
import { rowsOf } from "./payload.js";
import { session } from "./session.js";

const SVG = "http://www.w3.org/2000/svg";

export function accuracyView() {
  const metrics = rowsOf(session.night.metrics).filter((metric) => metric.value !== null);
  const of = (group) => metrics.filter((metric) => metric.group === group);
  const accuracy = of("accuracy");
  const coverage = of("coverage").filter((metric) => /^p\d\d$/.test(metric.name));
  const others = [...of("coverage").filter((metric) => !/^p\d\d$/.test(metric.name)), ...of("yardstick"), ...of("stability")];
  const decided = decisionsPart(rowsOf(session.night.decisions));
  if (!accuracy.length && !coverage.length) return [el("section", {}, el("h2", {}, t("accuracy.title")), empty(t("accuracy.none"))), decided];
  return [
    accuracy.length ? el("section", {}, el("div", { class: "head" }, el("h2", {}, t("accuracy.title")), el("p", { class: "note" }, t("accuracy.note"))), errorTable(accuracy)) : "",
    coverage.length ? el("section", {}, el("div", { class: "head" }, el("h2", {}, t("coverage.title")), el("p", { class: "note" }, t("coverage.note"))), coveragePart(coverage)) : "",
    others.length ? el("section", {}, el("h2", {}, t("accuracy.others")), otherTable(others)) : "",
    decided,
  ];
}

// What planners' own orders saved or cost against the untouched ones, once their windows are over.
function decisionsPart(decisions) {
  const head = el("div", { class: "head" }, el("h2", {}, t("decisions.title")), el("p", { class: "note" }, t("decisions.note")));
  if (!decisions.length) return el("section", {}, head, empty(t("decisions.none")));
  const counts = ["decisions", "judged", "waiting", "not_judged"];
  const sums = ["cost_recommended", "cost_approved", "saved"];
  const heads = [
    { title: t("decisions.author") },
    { title: t("decisions.reason") },
    ...[...counts, ...sums].map((name) => ({ title: t(`decisions.${name}`), number: true })),
  ];
  const rows = decisions.map((one) => [
    said(one.author),
    said(one.reason),
    ...counts.map((name) => units(one[name])),
    ...sums.map((name) => money(one[name], one.currency)),
  ]);
  return el("section", {}, head, table(t("decisions.title"), heads, rows, { class: "fit" }));
}

function metricValue(metric) {
  if (metric.unit === "share") return percent(metric.value, 1);
  if (metric.unit === "seconds") return seconds(metric.value);
  return metric.unit ? `${units(metric.value)} ${metric.unit}` : exact(metric.value);
}

function errorTable(accuracy) {
  const names = [...new Set(accuracy.map((metric) => metric.name))];
  const segments = [...new Set(accuracy.map((metric) => metric.segment))].sort((a, b) => (a === null ? -1 : b === null ? 1 : a.localeCompare(b)));
  const at = new Map(accuracy.map((metric) => [`${metric.segment}\u001f${metric.name}`, metric]));
  const heads = [{ title: t("accuracy.segment") }, ...names.map((name) => ({ title: named("metric", name), number: true }))];
  const rows = segments.map((segment) => {
    const cells = names.map((name) => at.get(`${segment}\u001f${name}`) || null);
    const errors = cells.filter((metric) => metric && metric.name.startsWith("wape")).map((metric) => metric.value);
    const least = Math.min(...errors);
    return [
      segment === null ? t("accuracy.whole") : said(segment),
      ...cells.map((metric) => {
        if (!metric) return "–";
        const best = metric.name.startsWith("wape") && errors.length > 1 && metric.value === least;
        return best ? el("strong", { class: "best" }, metricValue(metric)) : metricValue(metric);
      }),
    ];
  });
  return table(t("accuracy.title"), heads, rows, { class: "fit" });
}

function coveragePart(coverage) {
  const segments = [...new Set(coverage.map((metric) => metric.segment))];
  const levels = [...new Set(coverage.map((metric) => metric.name))].sort();
  const at = new Map(coverage.map((metric) => [`${metric.segment}\u001f${metric.name}`, metric.value]));
  const heads = [{ title: t("coverage.level") }, ...segments.map((segment) => ({ title: segment === null ? t("accuracy.whole") : named("segment", segment), number: true }))];
  const rows = levels.map((level) => [
    percent(Number(level.slice(1)) / 100),
    ...segments.map((segment) => percent(at.get(`${segment}\u001f${level}`) ?? null, 1)),
  ]);
  const points = coverage.map((metric) => [Number(metric.name.slice(1)) / 100, metric.value]);
  return el("div", { class: "two" }, table(t("coverage.title"), heads, rows, { class: "fit" }), reliability(points));
}

// Covered against meant: a perfect forecast lies on the diagonal.
function reliability(points) {
  const size = 240;
  const edge = 34;
  const place = (share) => edge + share * (size - 2 * edge);
  const svg = draw("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", class: "reliability", "aria-label": t("coverage.picture") });
  svg.append(
    draw("rect", { x: edge, y: edge, width: size - 2 * edge, height: size - 2 * edge, class: "frame" }),
    draw("path", { d: `M${place(0)} ${size - place(0)}L${place(1)} ${size - place(1)}`, class: "diagonal" }),
    ...points.map(([meant, covered]) => draw("circle", { cx: place(meant), cy: size - place(covered), r: 4, class: "dot" })),
    ...[0, 0.5, 1].flatMap((share) => [
      draw("text", { x: place(share), y: size - edge + 15, "text-anchor": "middle" }, percent(share)),
      draw("text", { x: edge - 5, y: size - place(share) + 4, "text-anchor": "end" }, percent(share)),
    ]),
  );
  return el("figure", { class: "picture" }, svg, el("figcaption", { class: "note" }, t("coverage.axes")));
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

function otherTable(metrics) {
  const heads = [{ title: t("accuracy.measure") }, { title: t("accuracy.segment") }, { title: t("accuracy.value"), number: true }];
  const rows = metrics.map((metric) => [
    el("span", {}, named("metric", metric.name), el("span", { class: "sub" }, named("group", metric.group))),
    metric.segment === null ? t("accuracy.whole") : named("segment", metric.segment),
    metricValue(metric),
  ]);
  return table(t("accuracy.others"), heads, rows, { class: "fit" });
}
