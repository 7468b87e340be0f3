"use strict";
// Only adds: the table of runs with sorting, filters and a drawer; a round slider; open folds on paper.
(() => {
  const data = JSON.parse(document.getElementById("runs-data").textContent);
  const PAGE = 25;
  const NS = "http://www.w3.org/2000/svg";
  const n = data.replicate.length;
  const byId = (id) => document.getElementById(id);
  const make = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const draw = (name, attributes, ...children) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const curves = data.curves ? bytes(data.curves.data) : null;
  const shots = data.strips ? bytes(data.strips.data) : null;
  const of = (coded, run) => coded.names[coded.index[run]];
  const runId = (run) => `${of(data.arm_id, run)}-r${String(data.replicate[run]).padStart(3, "0")}`;
  const never = (run) => data.onset[run] !== null && data.onset[run] === data.first;
  const whole = (x) => (x === null ? "" : x.toLocaleString("en"));

  // --- columns: heading, text shown, key to sort by
  const named = data.arm.names.some((name) => name);
  const columns = [
    { name: "run", text: runId, key: (r) => r, button: true },
    { name: "outcome", text: (r) => of(data.ended, r), key: (r) => of(data.ended, r) },
    ...(curves ? [{ name: data.curves.columns[0].label, spark: true, key: (r) => data.coverage[r] }] : []),
    ...(named ? [{ name: "arm", text: (r) => of(data.arm, r), key: (r) => of(data.arm, r) }] : []),
    ...data.axes.map((axis) => ({ name: axis.name, text: (r) => of(axis, r), key: (r) => axis.index[r], axis })),
    { name: "onset", text: (r) => (never(r) ? "never healthy" : whole(data.onset[r])), key: (r) => data.onset[r] },
    { name: "converged", text: (r) => whole(data.converged[r]), key: (r) => data.converged[r] },
    { name: "severity", text: (r) => (data.severity[r] === null ? "" : data.severity[r].toFixed(2)), key: (r) => data.severity[r] },
  ];

  // --- curves
  const points = (column, run) => {
    const t = data.curves.rounds.length;
    return curves.subarray((column * n + run) * t, (column * n + run + 1) * t);
  };
  const pathOf = (values, width, height) => {
    const last = data.curves.rounds[data.curves.rounds.length - 1] || 1;
    let pen = "M";
    let d = "";
    values.forEach((v, k) => {
      if (v === 255) { pen = "M"; return; }
      d += `${pen}${(data.curves.rounds[k] / last * width).toFixed(1)} ${(height - v / 254 * height).toFixed(1)}`;
      pen = "L";
    });
    return d;
  };
  const spark = (run) => draw("svg", { width: 90, height: 20, "aria-hidden": "true", viewBox: "-1 -1 92 22" },
    draw("path", { class: "spark", d: pathOf(points(0, run), 90, 20) }));
  const short = (x) => (x !== 0 && Math.abs(x) < 0.01 ? x.toExponential(0) : String(+x.toPrecision(2)));
  const curve = (column, run) => {
    const scale = data.curves.columns[column];
    const at = (x) => short(scale.log ? 10 ** x : x);
    const svg = draw("svg", { class: "figure", viewBox: "0 0 220 100", style: "max-width:260px", role: "img", "aria-label": `${scale.label} over rounds` });
    const text = (x, y, words, anchor) => { const t = draw("text", { x, y, class: "tick", "text-anchor": anchor }); t.textContent = words; return t; };
    const g = draw("g", { transform: "translate(36 6)" });
    g.append(draw("line", { x1: 0, x2: 180, y1: 72, y2: 72, class: "rule" }), draw("path", { class: "spark", d: pathOf(points(column, run), 180, 70) }));
    const onset = data.onset[run];
    const last = data.curves.rounds[data.curves.rounds.length - 1] || 1;
    if (onset !== null && !never(run)) {
      const x = onset / last * 180;
      g.append(draw("line", { x1: x, x2: x, y1: 0, y2: 72, class: "margin" }));
      svg.append(text(36 + x + (x > 130 ? -4 : 4), 9, "onset", x > 130 ? "end" : "start"));
    }
    svg.append(g, text(32, 12, at(scale.high), "end"), text(32, 78, at(scale.low), "end"), text(36, 94, "0", "middle"), text(216, 94, `round ${whole(last)}`, "end"));
    return make("figure", {}, make("figcaption", {}, scale.label + (scale.log ? " (log)" : "")), svg);
  };
  const strip = (run) => {
    const place = data.strips ? data.strips.of.indexOf(run) : -1;
    if (place < 0) return "";
    const list = make("ol", { class: "frames" });
    const { rounds, n: size, centres } = data.strips;
    const healthy = of(data.ended, run) === "healthy";
    rounds.forEach((round, k) => {
      let d = "";
      for (let i = 0; i < size; i++) {
        const at = ((place * rounds.length + k) * size + i) * 2;
        if (shots[at] !== 255) d += `M${shots[at]} ${254 - shots[at + 1]}h0`;
      }
      const failed = data.onset[run] !== null && round >= data.onset[run];
      const svg = draw("svg", { class: "figure", viewBox: "0 0 254 254", role: "img", "aria-label": `samples at round ${round}` },
        draw("rect", { x: 2, y: 2, width: 250, height: 250, class: failed ? "shot failed" : "shot" }),
        ...centres.map(([x, y]) => draw("circle", { cx: x, cy: 254 - y, r: 14, class: "mode" })),
        draw("path", { d, class: `samples s-${healthy ? "healthy" : "failing"}`, style: "stroke-width:8" }));
      list.append(make("li", {}, svg, make("span", {}, whole(round))));
    });
    return list;
  };
  const drawer = (run) => {
    const inside = make("div", { class: "inside" });
    const evidence = of(data.evidence, run);
    if (evidence) inside.append(make("p", {}, make("b", {}, "Evidence. "), evidence));
    const error = of(data.error, run);
    if (error) inside.append(make("pre", { tabindex: "0" }, error));
    if (curves && points(0, run).some((v) => v !== 255)) {
      inside.append(make("div", { class: "panels" }, ...data.curves.columns.map((_, c) => curve(c, run))));
    }
    inside.append(strip(run));
    return make("tr", { class: "drawer" }, make("td", { colspan: columns.length }, inside));
  };

  // --- state
  const state = { sort: null, down: false, page: 0, filters: new Map(), search: "", claim: "" };
  const members = (claim) => {
    const found = new Set();
    const stretches = data.claims[claim] || [];
    for (let k = 0; k < stretches.length; k += 2) for (let i = 0; i < stretches[k + 1]; i++) found.add(stretches[k] + i);
    return found;
  };
  const haystack = (run) => columns.filter((c) => c.text).map((c) => c.text(run)).concat(of(data.evidence, run)).join(" ").toLowerCase();
  const texts = [];
  const chosen = () => {
    const inside = state.claim ? members(state.claim) : null;
    const words = state.search.toLowerCase();
    const runs = [];
    for (let r = 0; r < n; r++) {
      if (inside && !inside.has(r)) continue;
      if ([...state.filters].some(([column, value]) => value && column.text(r) !== value)) continue;
      if (words && !(texts[r] ??= haystack(r)).includes(words)) continue;
      runs.push(r);
    }
    if (state.sort) {
      const keys = new Map(runs.map((r) => [r, state.sort.key(r)]));
      const order = (a, b) => {
        const [x, y] = [keys.get(a), keys.get(b)];
        if (x === null || y === null) return (x === null) - (y === null) || a - b;
        return (x < y ? -1 : x > y ? 1 : 0) * (state.down ? -1 : 1) || a - b;
      };
      runs.sort(order);
    }
    return runs;
  };

  // --- the table
  const table = byId("runs-table");
  const row = (run) => {
    const line = make("tr");
    for (const column of columns) {
      const cell = make("td");
      if (column.spark) cell.append(spark(run));
      else if (column.button) {
        const button = make("button", { type: "button", "aria-expanded": "false" }, column.text(run));
        button.addEventListener("click", () => {
          const open = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!open));
          if (open) line.nextSibling.remove(); else line.after(drawer(run));
        });
        cell.append(button);
      } else cell.textContent = column.text(run);
      line.append(cell);
    }
    return line;
  };
  const show = () => {
    const runs = chosen();
    const pages = Math.max(1, Math.ceil(runs.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    table.tBodies[0].replaceChildren(...runs.slice(state.page * PAGE, (state.page + 1) * PAGE).map(row));
    byId("runs-count").textContent = `${whole(runs.length)} of ${whole(n)} runs`;
    byId("page").textContent = `page ${state.page + 1} of ${pages}`;
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page >= pages - 1;
    for (const cell of table.tHead.rows[0].cells) {
      const sorted = state.sort && cell.dataset.name === state.sort.name;
      cell.setAttribute("aria-sort", sorted ? (state.down ? "descending" : "ascending") : "none");
      cell.querySelector("span").textContent = sorted ? (state.down ? " \u2193" : " \u2191") : "";
    }
  };
  const from0 = () => { state.page = 0; show(); };
  const head = make("tr");
  for (const column of columns) {
    const button = make("button", { type: "button" }, column.name, make("span", { "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      state.down = state.sort === column && !state.down;
      state.sort = column;
      from0();
    });
    head.append(make("th", { scope: "col", "data-name": column.name }, button));
  }
  table.tHead.append(head);

  // --- the filters
  const select = (name, values, change) => {
    const box = make("select", { "data-filter": name }, make("option", { value: "" }, "all"), ...values.map((v) => make("option", { value: v }, v)));
    box.addEventListener("change", () => { change(box.value); from0(); });
    byId("filters").append(make("label", {}, name, box));
    return box;
  };
  const search = make("input", { type: "search", "data-filter": "search" });
  search.addEventListener("input", () => { state.search = search.value; from0(); });
  byId("filters").append(make("label", {}, "search", search));
  for (const column of columns) {
    const coded = column.axis || { outcome: data.ended, arm: data.arm }[column.name];
    if (coded && coded.names.length > 1) select(column.name, coded.names.filter((v) => v), (v) => state.filters.set(column, v));
  }
  const claims = Object.keys(data.claims);
  const claimBox = claims.length ? select("behind claim", claims, (v) => { state.claim = v; }) : null;
  for (const link of document.querySelectorAll("a[data-claim]")) {
    link.addEventListener("click", () => { claimBox.value = state.claim = link.dataset.claim; from0(); });
  }
  byId("previous").addEventListener("click", () => { state.page--; show(); });
  byId("next").addEventListener("click", () => { state.page++; show(); });
  byId("runs-app").hidden = false;
  show();

  // --- film strips: one round of all strips, large
  const place = byId("round-slider");
  if (place) {
    const strips = [...document.querySelectorAll("#strips .frames")];
    const most = Math.max(...strips.map((list) => list.children.length));
    const slider = make("input", { type: "range", min: 0, max: most, value: 0 });
    const told = make("output", {}, "all rounds");
    slider.addEventListener("input", () => {
      const k = Number(slider.value) - 1;
      byId("strips").classList.toggle("one-round", k >= 0);
      for (const list of strips) [...list.children].forEach((frame, j) => { frame.hidden = k >= 0 && j !== k; });
      told.textContent = k < 0 ? "all rounds" : `round ${strips[0].children[k].querySelector("span").firstChild.textContent.trim()}`;
      slider.setAttribute("aria-valuetext", told.textContent);
    });
    place.replaceWith(make("div", { class: "slider" }, make("label", {}, "Show one round ", slider), told));
  }

  // --- paper: folds open
  let closed = [];
  addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; closed.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
})();
