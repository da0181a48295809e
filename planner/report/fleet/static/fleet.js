"use strict";
// The table of sites: every word that is typed has to be in a row; a heading sorts by its column.
const data = JSON.parse(document.getElementById("rows").textContent);
const head = document.querySelector("#sites thead");
const body = document.querySelector("#sites tbody");
const most = 500;
let sorted = { column: -1, up: true };

function shown(value) {
  if (value === null) return "";
  return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value);
}

function draw() {
  const words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let rows = data.rows.filter((row) => {
    const text = row.map(shown).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (sorted.column >= 0) {
    const way = sorted.up ? 1 : -1;
    const at = sorted.column;
    rows = rows.slice().sort((a, b) => {
      if (a[at] === null || b[at] === null) return (a[at] === null) - (b[at] === null);
      return way * (a[at] < b[at] ? -1 : a[at] > b[at] ? 1 : 0);
    });
  }
  body.replaceChildren(...rows.slice(0, most).map((row) => {
    const line = document.createElement("tr");
    for (const value of row) {
      const cell = document.createElement("td");
      cell.textContent = shown(value);
      line.append(cell);
    }
    return line;
  }));
  document.getElementById("shown").textContent =
    data.counted.replace("#1", Math.min(rows.length, most)).replace("#2", data.rows.length);
}

const titles = document.createElement("tr");
data.columns.forEach((name, number) => {
  const cell = document.createElement("th");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.addEventListener("click", () => {
    sorted = { column: number, up: sorted.column === number ? !sorted.up : true };
    draw();
  });
  cell.append(button);
  titles.append(cell);
});
head.append(titles);
document.getElementById("filter").addEventListener("input", draw);
draw();
