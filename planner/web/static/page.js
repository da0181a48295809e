"use strict";
// Sends forms as questions, shows how far they are, puts the answers (made by the server) into the page.
// Nothing here works out a number.

const main = document.getElementById("main");
const words = main.dataset;
const WAIT_MS = 350;

const post = (path, body, keepalive = false) =>
  fetch(path, {
    method: "POST",
    body,
    keepalive,
    headers: { accept: "application/json", "x-planner-token": words.csrf },
  });

async function said(response) {
  const found = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(found.error || words.lost);
  return found;
}

const pause = (time) => new Promise((done) => setTimeout(done, time));

// One place of the page where a question is shown: its progress, its error, its answer.
class Place {
  constructor(status, error, answer) {
    Object.assign(this, { status, error, answer, turn: 0, job: null });
    status.querySelector("button").addEventListener("click", () => this.stop());
  }

  busy(text) {
    this.status.hidden = false;
    this.status.querySelector("p").textContent = text;
    this.answer.setAttribute("aria-busy", "true");
  }

  idle() {
    this.status.hidden = true;
    this.answer.removeAttribute("aria-busy");
  }

  fail(text) {
    this.idle();
    this.error.textContent = text;
    this.error.hidden = false;
  }

  async stop() {
    const job = this.job;
    this.turn += 1;
    this.job = null;
    this.fail(words.stopped);
    if (job) await post(`/jobs/${job}/stop`, "").catch(() => {});
  }

  // The latest question counts: an earlier one that is still open is stopped.
  async ask(body, put) {
    const before = this.job;
    const turn = ++this.turn;
    this.error.hidden = true;
    this.busy(words.waiting);
    if (before) post(`/jobs/${before}/stop`, "").catch(() => {});
    try {
      const begun = await said(await post("/jobs", body));
      if (turn !== this.turn) {
        post(`/jobs/${begun.job}/stop`, "").catch(() => {});
        return;
      }
      this.job = begun.job;
      const current = () => turn === this.turn;
      if (await done(begun.job, current, (text) => this.busy(text))) {
        const answer = await fetch(`/jobs/${begun.job}/answer?lang=${words.language}`);
        if (turn !== this.turn) return;
        if (!answer.ok) throw new Error(words.lost);
        put(await answer.text(), begun);
        this.job = null;
        this.idle();
      }
    } catch (error) {
      if (turn === this.turn) this.fail(error instanceof TypeError ? words.lost : error.message);
    }
  }
}

// Until a job is done: true then, false where `current` says that nobody waits any more.
async function done(job, current, tell) {
  for (;;) {
    const response = await fetch(`/jobs/${job}?lang=${words.language}`, { headers: { accept: "application/json" } });
    const found = await said(response);
    if (!current()) return false;
    if (found.state === "done") return true;
    if (found.state === "failed") throw new Error(found.error);
    if (found.state === "stopped") throw new Error(words.stopped);
    tell(found.progress || words.waiting);
    await pause(WAIT_MS);
  }
}

const byId = (name) => document.getElementById(name);
const forms = { network: byId("network"), plan: byId("plan") };
const places = {};
for (const name of Object.keys(forms)) {
  places[name] = new Place(byId(`${name}-status`), byId(`${name}-error`), byId(`${name}-answer`));
}

function bodyOf(form, more = {}) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  return body;
}

// The address of the page has the settings of both forms, and no dropped network.
function keepLink() {
  const all = new URLSearchParams();
  for (const form of [forms.plan, forms.network]) {
    for (const [name, value] of new FormData(form)) {
      if (value && !["csrf", "call"].includes(name) && !String(value).startsWith("upload:")) all.set(name, value);
    }
  }
  byId("link").href = `/?${all}`;
  history.replaceState(null, "", `/?${all}`);
}

function network() {
  keepLink();
  places.network.ask(bodyOf(forms.network), (html) => {
    places.network.answer.innerHTML = html;
    readyTable(places.network.answer);
    places.network.answer.focus({ preventScroll: true });
  });
}

forms.network.addEventListener("submit", (event) => {
  event.preventDefault();
  network();
});
for (const name of ["precision", "batch", "modes", "max_latency", "max_power", "budget", "model", "users", "weights"]) {
  forms.network.elements[name].addEventListener("change", () => {
    if (name === "model") forms.plan.elements.model.value = forms.network.elements.model.value;
    if (forms.network.elements.model.value) network();
  });
}

forms.plan.addEventListener("submit", (event) => {
  event.preventDefault();
  keepLink();
  places.plan.ask(bodyOf(forms.plan), (html) => {
    places.plan.answer.innerHTML = html;
    readyReport(places.plan.answer);
    places.plan.answer.focus({ preventScroll: true });
  });
});

function readyReport(answer) {
  const button = answer.querySelector("button.report");
  const target = answer.querySelector(".report-place");
  const place = new Place(answer.querySelector(".status"), answer.querySelector(".error"), target);
  button.addEventListener("click", () => {
    const more = { call: "report", plan: button.dataset.plan };
    place.ask(bodyOf(forms.plan, more), (html) => {
      target.innerHTML = html;
    });
  });
}

// A dropped file goes to this machine's planner as it is; a file beyond the limit is not even begun.
function bring(file) {
  const shown = byId("dropped");
  const place = places.network;
  place.error.hidden = true;
  if (file.size > Number(words.most)) {
    place.fail(words.tooLarge);
    return;
  }
  const turn = ++place.turn;
  place.busy(words.sending);
  const sending = new XMLHttpRequest();
  sending.open("POST", `/models?lang=${words.language}&name=${encodeURIComponent(file.name)}`);
  sending.setRequestHeader("accept", "application/json");
  sending.setRequestHeader("x-planner-token", words.csrf);
  sending.setRequestHeader("content-type", "application/octet-stream");
  sending.responseType = "json";
  sending.upload.addEventListener("progress", (event) => {
    if (turn === place.turn) place.busy(`${words.sending}: ${Math.round((100 * event.loaded) / (event.total || 1))} %`);
    else sending.abort();
  });
  sending.addEventListener("error", () => turn === place.turn && place.fail(words.lost));
  sending.addEventListener("load", () => {
    if (turn !== place.turn) return;
    if (sending.status !== 200) {
      place.fail((sending.response && sending.response.error) || words.lost);
      return;
    }
    const { model, name } = sending.response;
    const select = forms.network.elements.model;
    const first = select.options[0];
    first.value = model;
    first.textContent = name;
    select.selectedIndex = 0;
    forms.plan.elements.model.value = model;
    shown.textContent = name;
    network();
  });
  sending.send(file);
}

const drop = byId("drop");
byId("file").addEventListener("change", (event) => {
  if (event.target.files.length) bring(event.target.files[0]);
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer && event.dataTransfer.files.length) bring(event.dataTransfer.files[0]);
});

// Sorting and filtering of rows that are there already, and the roofline of one part.
function readyTable(answer) {
  const table = answer.querySelector("table.parts");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const filter = answer.querySelector("input.filter");
  const feasible = answer.querySelector("input.feasible");
  const count = answer.querySelector(".shown-count");
  const show = () => {
    const text = filter.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden =
        (feasible.checked && row.dataset.feasible !== "yes") || !row.textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = words.shown.replace("{shown}", shown).replace("{all}", rows.length);
  };
  filter.addEventListener("input", show);
  feasible.addEventListener("change", show);
  show();
  for (const head of table.tHead.rows[0].cells) {
    const button = head.querySelector("button");
    if (button) button.addEventListener("click", () => sort(table, rows, head));
  }
  for (const button of table.querySelectorAll("button.picture")) {
    button.addEventListener("click", () => picture(answer, button.dataset));
  }
  const first = table.querySelector("button.picture");
  if (first) picture(answer, first.dataset);
}

function sort(table, rows, head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => {
    const cell = row.cells[head.cellIndex];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const rank = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1; // what is unknown comes last
    const order = typeof x === "number" ? x - y : x.localeCompare(y);
    return down ? -order : order;
  };
  table.tBodies[0].append(...rows.sort(rank));
}

let pictures = 0;
async function picture(answer, { part, mode }) {
  const target = answer.querySelector(".picture-place");
  const turn = ++pictures;
  target.setAttribute("aria-busy", "true");
  try {
    const begun = await said(await post("/jobs", bodyOf(forms.network, { call: "picture", part, mode })));
    if (!(await done(begun.job, () => turn === pictures, () => {}))) {
      post(`/jobs/${begun.job}/stop`, "").catch(() => {});
      return;
    }
    const found = await fetch(`/jobs/${begun.job}/answer?lang=${words.language}`);
    if (turn === pictures && found.ok) target.innerHTML = await found.text();
  } catch (error) {
    if (turn === pictures) target.textContent = error instanceof TypeError ? words.lost : error.message;
  } finally {
    target.removeAttribute("aria-busy");
  }
}

if (forms.network.elements.model.value) forms.plan.elements.model.value = forms.network.elements.model.value;

// Whoever leaves the page waits for nothing any more.
window.addEventListener("pagehide", () => {
  for (const { job } of Object.values(places)) {
    if (job) post(`/jobs/${job}/stop`, "", true).catch(() => {});
  }
});
