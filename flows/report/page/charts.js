// The two pictures of a row: demand with its forecast, and stock as it is expected to go.

import { el, empty } from "./elements.js";
import { day, percent, shortDay, t, units } from "./language.js";
import { session } from "./session.js";
import { colour } from "./theme.js";

const DAY_S = 86_400;
const HEIGHT = { wide: 210, narrow: 180 };

function stepDays() {
  return session.night.frequency === "week" ? 7 : 1;
}

function second(offset) {
  return Date.parse(`${session.night.as_of}T00:00:00Z`) / 1000 + offset * DAY_S;
}

function offsetAt(seconds) {
  return Math.round((seconds - second(0)) / DAY_S);
}

// What was packed as whole steps, each quantile above the one below, as values again.
function restored(stacked, step) {
  if (!stacked) return null;
  const sums = [];
  stacked.forEach((differences, level) => sums.push(differences.map((value, at) => value + (level ? sums[level - 1][at] : 0))));
  return sums.map((values) => values.map((value) => value * step));
}

function pastOf(row, pictures) {
  const step = pictures.demand_step[row.id];
  const demand = pictures.demand[row.id].map((value) => (value < 0 ? null : value * step));
  const out = [];
  const flat = pictures.out[row.id];
  for (let at = 0; at < flat.length; at += 3) out.push({ period: flat[at], share: flat[at + 1] / 100, units: flat[at + 2] });
  return { demand, out, dates: demand.map((_, at) => pictures.past_from + at * stepDays()) };
}

export function drawDemand(figure, row, pictures) {
  if (row.id >= pictures.demand.length) return nothing(figure, t("picture.left_out"));
  const past = pastOf(row, pictures);
  const fan = restored(pictures.fan[row.id], pictures.fan_step[row.id]);
  const first = past.demand.findIndex((value, at) => value !== null || past.out.some((one) => one.period === at));
  if (first < 0 && !fan) return nothing(figure, t("picture.no_demand"));
  const skipped = Math.max(first, 0);
  const ahead = fan ? fan[0].map((_, at) => pictures.ahead_from + at * stepDays()) : [];
  const dates = [...past.dates.slice(skipped), ...ahead];
  const pad = Array(past.dates.length - skipped).fill(null);
  const none = ahead.map(() => null);
  const sold = pad.slice();
  for (const one of past.out) if (one.period >= skipped && past.demand[one.period] === null) sold[one.period - skipped] = one.units;
  const line = (values) => [...pad, ...(values || none)];
  const data = [dates.map(second), [...past.demand.slice(skipped), ...none], [...sold, ...none], ...(fan || []).map(line)];
  const shades = past.out.map((one) => ({ from: past.dates[one.period], share: one.share }));
  const read = (at) => {
    const when = day(dates[at]);
    if (at >= pad.length) return t("read.forecast", { when, p50: units(data[5][at]), low: units(data[3][at]), high: units(data[7][at]) });
    const gone = past.out.find((one) => one.period === at + skipped);
    if (gone) return t("read.out", { when, units: units(gone.units), share: percent(gone.share) });
    return t("read.demand", { when, units: units(data[1][at]) });
  };
  const ink = colour("ink-line");
  const accent = colour("accent");
  const series = [
    {},
    { stroke: ink, width: 1.4, points: { show: false } },
    { stroke: colour("out"), width: 0, paths: () => null, points: { show: true, size: 5, fill: colour("out") } },
  ];
  if (fan) series.push(quiet(), quiet(), { stroke: accent, width: 2, points: { show: false } }, quiet(), quiet());
  return chart(figure, {
    summary: demandSummary(row, past, fan),
    data,
    series,
    bands: fan ? [{ series: [7, 3], fill: colour("fan-wide") }, { series: [6, 4], fill: colour("fan-narrow") }] : [],
    read,
    marks: [{ at: 1, label: t("mark.tonight") }, ...arrivalMarks(row)],
    shades,
    keys: ["demand", "sold", "out", ...(fan ? ["median", "narrow", "wide"] : [])],
  });
}

export function drawStock(figure, row, pictures) {
  const stacked = row.id < pictures.stock.length ? restored(pictures.stock[row.id], pictures.stock_step[row.id]) : null;
  if (row.id >= pictures.stock.length) return nothing(figure, t("picture.left_out"));
  if (!stacked) return nothing(figure, t(row.on_hand === null ? "picture.no_stock" : "picture.no_outlook"));
  const step = pictures.stock_step[row.id];
  const without = pictures.without[row.id] ? pictures.without[row.id].map((value) => value * step) : null;
  const ahead = stacked[0].map((_, at) => pictures.ahead_from + at * stepDays());
  const dates = [pictures.ahead_from - stepDays(), ...ahead];
  const begun = (values) => [row.on_hand, ...values];
  const data = [dates.map(second), begun(stacked[0]), begun(stacked[1]), begun(stacked[2])];
  if (without) data.push(begun(without));
  const flat = pictures.arrivals[row.id];
  const arrivals = [];
  for (let at = 0; at < flat.length; at += 2) arrivals.push({ at: pictures.ahead_from + flat[at] * stepDays(), units: flat[at + 1] });
  const read = (at) => {
    if (!at) return t("read.on_hand", { units: units(row.on_hand) });
    const coming = arrivals.find((one) => one.at === dates[at]);
    const words = t("read.stock", { when: day(dates[at]), p50: units(data[2][at]), low: units(data[1][at]), high: units(data[3][at]) });
    return words + (coming ? t("read.coming", { units: units(coming.units) }) : "") + (without ? t("read.without", { units: units(data[4][at]) }) : "");
  };
  const good = colour("stock");
  const series = [{}, quiet(), { stroke: good, width: 2, points: { show: false } }, quiet()];
  if (without) series.push({ stroke: colour("ink-line"), width: 1.4, dash: [5, 4], points: { show: false } });
  return chart(figure, {
    summary: stockSummary(row, ahead, stacked),
    data,
    series,
    bands: [{ series: [3, 1], fill: colour("stock-wash") }],
    read,
    marks: arrivalMarks(row),
    span: row.arrival_date > row.order_date ? { from: row.order_date, to: row.arrival_date, label: t("mark.lead_time", { n: row.arrival_date - row.order_date, shown: units(row.arrival_date - row.order_date) }) } : null,
    arrivals,
    shades: [],
    keys: ["stock", "stock_band", ...(without ? ["without"] : []), ...(arrivals.length ? ["inbound"] : []), "lead"],
  });
}

function quiet() {
  return { stroke: "transparent", width: 0, points: { show: false } };
}

function arrivalMarks(row) {
  if (row.arrival_date === null || !row.order_units) return [];
  return [{ at: row.arrival_date, label: t("mark.arrives", { units: units(row.order_units) }), tone: "stock" }];
}

function nothing(figure, words) {
  figure.replaceChildren(empty(words));
  return null;
}

function chart(figure, picture) {
  const readout = el("p", { class: "readout", "aria-hidden": "true" }, t("read.hint"));
  const holder = el("div", { class: "plot", role: "img", "aria-label": picture.summary });
  figure.replaceChildren(holder, readout, el("figcaption", { class: "keys" }, picture.keys.map((key) => el("span", { class: `key k-${key}` }, t(`key.${key}`)))));
  const width = Math.max(figure.clientWidth, 260);
  const soft = colour("soft");
  const grid = { stroke: colour("line"), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: soft, font, grid, ticks: { show: false } };
  const plot = new uPlot(
    {
      width,
      height: width < 480 ? HEIGHT.narrow : HEIGHT.wide,
      padding: [36, 20, 0, 4],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(low || 0, 0), Math.max(high || 0, 1) * 1.08] } },
      axes: [
        { ...axis, grid: { show: false }, space: 64, size: 28, values: (_, splits) => splits.map((seconds) => shortDay(offsetAt(seconds))) },
        { ...axis, size: 46, values: (_, splits) => splits.map((value) => units(value)) },
      ],
      series: picture.series,
      bands: picture.bands,
      hooks: {
        drawClear: [(self) => background(self, picture)],
        draw: [(self) => foreground(self, picture, font)],
        setCursor: [(self) => (readout.textContent = self.cursor.idx === null || self.cursor.idx === undefined ? t("read.hint") : picture.read(self.cursor.idx))],
      },
    },
    picture.data,
    holder,
  );
  return plot;
}

function background(self, picture) {
  const { ctx, bbox } = self;
  const half = (stepDays() * DAY_S) / 2;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour("out");
  for (const shade of picture.shades) {
    const left = self.valToPos(second(shade.from) - half, "x", true);
    const right = self.valToPos(second(shade.from) + half, "x", true);
    ctx.globalAlpha = 0.1 + 0.26 * (1 - shade.share);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  if (picture.span) {
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour("lead");
    const left = self.valToPos(second(picture.span.from) - half, "x", true);
    ctx.fillRect(left, bbox.top, self.valToPos(second(picture.span.to) - half, "x", true) - left, bbox.height);
  }
  ctx.restore();
}

function foreground(self, picture, font) {
  const { ctx, bbox } = self;
  const ratio = devicePixelRatio || 1;
  const half = (stepDays() * DAY_S) / 2;
  ctx.save();
  ctx.font = font.replace(/^\d+px/, `${Math.round(11 * ratio)}px`);
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  const writeAt = (words, x, y, tone) => {
    const wide = ctx.measureText(words).width;
    ctx.fillStyle = tone;
    ctx.fillText(words, Math.min(Math.max(x, bbox.left), bbox.left + bbox.width + 16 * ratio - wide), y);
  };
  // Labels stand in two lines above the picture, so that two that are close do not cover each other.
  const upper = bbox.top - 18 * ratio;
  const lower = bbox.top - 4 * ratio;
  // What may come over several days is written largest first; a label that would cover another is left to the pointer.
  const written = [];
  for (const one of [...(picture.arrivals || [])].sort((a, b) => b.units - a.units)) {
    const x = self.valToPos(second(one.at), "x", true);
    if (x > bbox.left + bbox.width) continue;
    ctx.fillStyle = colour("accent");
    ctx.beginPath();
    const base = bbox.top + bbox.height;
    ctx.moveTo(x, base - 9 * ratio);
    ctx.lineTo(x - 4.5 * ratio, base);
    ctx.lineTo(x + 4.5 * ratio, base);
    ctx.fill();
    const label = `+${units(one.units)}`;
    const from = x + 5 * ratio;
    const to = from + ctx.measureText(label).width;
    if (written.some(([left, right]) => from < right && to > left)) continue;
    written.push([from, to + 4 * ratio]);
    writeAt(label, from, base - 1 * ratio, colour("accent"));
  }
  if (picture.span) writeAt(picture.span.label, self.valToPos(second(picture.span.from) - half, "x", true), upper, colour("soft"));
  for (const mark of picture.marks) {
    const x = self.valToPos(second(mark.at) - half, "x", true);
    const tone = colour(mark.tone || "soft");
    if (x <= bbox.left + bbox.width) {
      ctx.strokeStyle = tone;
      ctx.lineWidth = ratio;
      ctx.setLineDash(mark.tone ? [] : [3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - 2 * ratio);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    writeAt(mark.label, x + 3 * ratio, mark.tone ? lower : upper, tone);
  }
  ctx.restore();
}

function mean(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function demandSummary(row, past, fan) {
  const known = mean(past.demand);
  const gone = past.out.filter((one) => one.share <= 0).length;
  return [
    known === null ? t("summary.no_demand") : t("summary.demand", { mean: units(known) }),
    t("summary.out", { n: gone, shown: units(gone), of: units(past.demand.length) }),
    fan ? t("summary.forecast", { p50: units(mean(fan[2])) }) : "",
    row.order_units ? t("summary.arrives", { date: day(row.arrival_date) }) : "",
  ].filter(Boolean).join(" ");
}

function stockSummary(row, ahead, stacked) {
  const empty_at = stacked[1].findIndex((value) => value <= 0);
  return [
    t("summary.stock", { units: units(row.on_hand) }),
    empty_at < 0 ? t("summary.lasts", { date: day(ahead[ahead.length - 1]) }) : t("summary.empty", { date: day(ahead[empty_at]) }),
  ].join(" ");
}
