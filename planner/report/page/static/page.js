"use strict";
// Everything shown is text: no string of the study is ever set as markup.
const record = JSON.parse(document.getElementById("record").textContent);
const view = JSON.parse(document.getElementById("view").textContent);
const words = view.words;
const NARROW = window.matchMedia("(max-width: 40rem)").matches;
const CONFIG = {
  displayModeBar: NARROW ? false : "hover",
  responsive: true,
  displaylogo: false,
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
};

function element(name, attributes = {}, text = null) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

function filled(sentence, parts) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

// Theme: that of the system until the reader chooses.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");
const drawn = [];

function colour(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

function setTheme(theme) {
  root.dataset.theme = theme;
  button.setAttribute("aria-pressed", String(theme === "dark"));
  button.textContent = theme === "dark" ? words.light : words.dark;
  for (const { place, chart } of drawn) draw(place, chart);
}

button.addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
dark.addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));

// Drawings: the data are the page's, the colours of ink and grid those of the theme.
function themed(layout) {
  const axis = { gridcolor: colour("--rule"), linecolor: colour("--soft"), zeroline: false, automargin: true };
  const made = {
    height: 420,
    margin: { l: 56, r: 16, t: 24, b: 48 },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    hoverlabel: { align: "left" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--soft"), activecolor: colour("--ink") },
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), size: NARROW ? 11 : 13 },
  };
  for (const name of Object.keys(made)) if (/^[xy]axis\d*$/.test(name)) made[name] = { ...axis, ...made[name] };
  return made;
}

function inked(trace) {
  if (trace.meta !== "ink") return trace;
  return { ...trace, line: { ...trace.line, color: trace.line.width === 2 ? colour("--ink") : colour("--soft") } };
}

function draw(place, chart) {
  return Plotly.react(place, chart.data.map(inked), themed(chart.layout), CONFIG);
}

function show(place, chart) {
  drawn.push({ place, chart });
  return draw(place, chart);
}

function update(place, chart) {
  const known = drawn.find((entry) => entry.place === place);
  if (known) known.chart = chart;
  else drawn.push({ place, chart });
  return draw(place, chart);
}

// Tables: sorted by any column, filtered by any text; row headings that span the table end both.
function value(row, column) {
  const cell = row.cells[column];
  if (cell === undefined) return null;
  return cell.dataset.number === undefined ? cell.textContent : Number(cell.dataset.number);
}

// Numbers by number, and what has none last, whichever way is up.
function compare(a, b, rising) {
  const numbers = [a, b].map((one) => typeof one === "number");
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  const order = numbers[0] ? a - b : String(a).localeCompare(String(b), root.lang, { numeric: true });
  return rising ? order : -order;
}

function sortable(table) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const name = head.textContent;
    if (!name) return;
    const sort = element("button", { type: "button", title: filled(words.sort, { column: name }) }, name);
    head.textContent = "";
    head.append(sort);
    sort.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => ({ row, key: value(row, column) }));
      rows.sort((a, b) => compare(a.key, b.key, rising));
      body.append(...rows.map((entry) => entry.row));
    });
  });
}

function filterable(table) {
  const rows = [...table.tBodies[0].rows];
  const bar = element("div", { class: "filter" });
  const label = element("label", {}, words.filter + " ");
  const input = element("input", { type: "search" });
  const found = element("span", { class: "note", role: "status" });
  label.append(input);
  bar.append(label, found);
  table.parentElement.before(bar);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const apply = () => {
    const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !asked.every((word) => texts[place].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    const sentence = shown === rows.length ? words.all_rows : words.rows;
    found.textContent = filled(sentence, { shown, number: rows.length });
  };
  input.addEventListener("input", apply);
  apply();
}

function enhanceTables() {
  for (const table of document.querySelectorAll("main table")) {
    const rows = [...table.tBodies[0].rows];
    const whole = rows.every((row) => row.cells.length === table.tHead.rows[0].cells.length);
    if (rows.length > 3 && whole) sortable(table);
    if (rows.length > 12) filterable(table);
  }
}

// The knobs: four axes over points that were all worked out beforehand.
function slider(label, texts, start, changed) {
  const box = element("label", {}, label);
  const output = element("output", {}, texts[start]);
  const input = element("input", { type: "range", min: 0, max: texts.length - 1, step: 1, value: start });
  input.setAttribute("aria-valuetext", texts[start]);
  input.disabled = texts.length < 2;
  input.addEventListener("input", () => {
    output.textContent = texts[Number(input.value)];
    input.setAttribute("aria-valuetext", output.textContent);
    changed(Number(input.value));
  });
  box.append(output, input);
  return box;
}

function whatIf() {
  const box = document.getElementById("what-if");
  if (!box || !view.what_if) return;
  const { axes, rows, start } = view.what_if;
  const grid = record.what_if;
  const at = [...start];
  const point = (devices) =>
    ((at[0] * axes[1].length + at[1]) * axes[2].length + at[2]) * axes[3].length + devices;
  const [controls, result, plot] = ["controls", "result", "plot"].map((name) => box.querySelector("." + name));

  function said(place) {
    if (grid.feasible[place] === null) return [words.cannot_run, "bad"];
    if (grid.feasible[place]) return [words.feasible, "good"];
    return [filled(words.against, { reason: grid.reason[place] }), "bad"];
  }

  function turned() {
    const place = point(at[3]);
    const [text, kind] = said(place);
    const list = element("dl");
    for (const row of rows) {
      const pair = element("div");
      pair.append(element("dt", {}, row.label), element("dd", {}, row.texts[place] ?? "–"));
      list.append(pair);
    }
    result.replaceChildren(element("strong", { class: kind }, text), list);
    const places = grid.devices.map((_, devices) => point(devices));
    const line = (name, y, axis, dash, color) => ({
      type: "scatter", mode: "lines+markers", name, x: grid.devices, y, yaxis: axis, line: { color, dash },
      marker: { size: places.map((_, n) => (n === at[3] ? 14 : 6)), symbol: dash === "solid" ? "circle" : "square" },
    });
    update(plot, {
      data: [
        line(words.axis_busy, places.map((n) => grid.utilisation[n] === null ? null : 100 * grid.utilisation[n]), "y", "solid", "#0072B2"),
        line(words.axis_device_c, places.map((n) => grid.temperature_c[n]), "y2", "dash", "#D55E00"),
      ],
      layout: {
        height: 360,
        margin: { l: 56, r: 56, t: 40, b: 48 },
        xaxis: { title: { text: words.axis_devices } },
        yaxis: { title: { text: words.axis_busy }, range: [0, 105] },
        yaxis2: {
          title: { text: words.axis_device_c }, overlaying: "y", side: "right", showgrid: false, tickmode: "auto",
        },
      },
    });
  }

  [words.precision, words.batch, words.load, words.devices].forEach((label, axis) => {
    controls.append(slider(label, axes[axis], start[axis], (chosen) => { at[axis] = chosen; turned(); }));
  });
  turned();
}

// The replay: the run as it was simulated, instant by instant, slot by slot.
function replay() {
  const place = document.querySelector('.plot[data-chart="elevation"]');
  if (!place || !view.replay) return;
  const { times, hottest, spare } = view.replay;
  const { slots, carriers, count, spares } = record.elevation;
  const chart = view.charts.elevation;
  const state = { at: times.length - 1, timer: null };
  const bar = element("div", { class: "controls replay-controls" });
  const play = element("button", { type: "button" }, words.play);
  const found = element("p", { class: "note" });

  function instant() {
    const row = record.slots.temperature_c[state.at];
    const cell = (carrier, slot) => carrier * slots + slot;
    const grid = (value) =>
      Array.from({ length: carriers }, (_, c) => Array.from({ length: slots }, (_, s) => value(cell(c, s))));
    chart.data[0].z = grid((n) => (n < count ? row[n] : null));
    const named = grid((n) => (n < count ? `${n + 1}: ${Math.round(row[n])} °C` : ""));
    // A narrow slot has its temperature alone, a very narrow one its colour; the pointer shows the rest.
    chart.data[0].text = slots <= 8 ? named : grid((n) => (n < count && slots <= 30 ? `${Math.round(row[n])}` : ""));
    chart.data[0].hovertext = named;
    const idle = (n) => n >= count && n < count + spares;
    chart.data[1].z = grid((n) => (idle(n) ? 1 : null));
    chart.data[1].hovertext = grid((n) => (idle(n) ? spare : ""));
    chart.data[1].text = slots <= 8 ? chart.data[1].hovertext : grid(() => "");
    found.textContent = `${times[state.at]}: ${words.hottest} ${hottest[state.at]}`;
    update(place, chart);
  }

  const control = slider(words.time, times, state.at, (chosen) => { state.at = chosen; instant(); });
  const input = control.querySelector("input");

  function stop() {
    clearInterval(state.timer);
    state.timer = null;
    play.textContent = words.play;
  }

  play.addEventListener("click", () => {
    if (state.timer) return stop();
    if (state.at === times.length - 1) input.value = 0;
    play.textContent = words.pause;
    state.timer = setInterval(() => {
      if (Number(input.value) >= times.length - 1) return stop();
      input.value = Number(input.value) + 1;
      input.dispatchEvent(new Event("input"));
    }, 120);
    input.dispatchEvent(new Event("input"));
  });
  bar.append(control, play);
  place.before(bar, found);
  instant();
}

setTheme(dark.matches ? "dark" : "light");
for (const place of document.querySelectorAll(".plot[data-chart]")) {
  const chart = view.charts[place.dataset.chart];
  if (chart && place.dataset.chart !== "elevation") show(place, chart);
}
replay();
enhanceTables();
whatIf();
