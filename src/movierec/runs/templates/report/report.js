// Everything can be read without this: it sorts, filters, enlarges and opens what is there.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

const contents = document.getElementById("contents");
contents?.addEventListener("click", (event) => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});

const code = all("details.code");
const allCode = document.getElementById("all-code");
if (allCode && code.length) {
  allCode.hidden = false;
  allCode.addEventListener("click", () => {
    const open = allCode.getAttribute("aria-pressed") !== "true";
    allCode.setAttribute("aria-pressed", String(open));
    for (const one of code) one.open = open;
  });
}

const enlarge = (image) => {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Figure, enlarged");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(close, image.cloneNode());
  document.body.append(dialog);
  dialog.showModal();
};
for (const image of all(".pan img")) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = "Enlarge";
  image.replaceWith(button);
  button.append(image);
  button.addEventListener("click", () => enlarge(image));
}

const value = (row, column, numeric) => {
  const cell = row.cells[column];
  const text = cell?.dataset.sort ?? cell?.textContent.trim() ?? "";
  if (!numeric) return text;
  const number = parseFloat(text.replaceAll(",", "").replace(/^< ?/, ""));
  return Number.isNaN(number) ? null : number;
};
const sort = (table, header) => {
  const column = header.cellIndex;
  const numeric = header.classList.contains("number");
  const before = header.getAttribute("aria-sort");
  const down = before ? before === "ascending" : numeric;
  for (const one of all("thead th", table)) one.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = [...table.tBodies[0].rows].map((row) => [value(row, column, numeric), row]);
  const blank = (key) => key === null || key === "";
  keyed.sort(([a], [b]) => {
    if (blank(a) || blank(b)) return blank(a) - blank(b);
    const order = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
    return down ? -order : order;
  });
  table.tBodies[0].append(...keyed.map(([, row]) => row));
};
for (const table of all("main table")) {
  const headers = all("thead th", table);
  const rows = table.tBodies[0]?.rows.length ?? 0;
  if (table.tHead?.rows.length !== 1 || rows < 3 || table.querySelector("[rowspan], [colspan]")) continue;
  for (const header of headers) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(table, header));
  }
}

const filter = document.getElementById("filter");
if (filter) {
  filter.hidden = false;
  const rows = all("table.runs tbody tr");
  const wanted = document.getElementById("wanted");
  const apply = () => {
    const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    document.getElementById("shown").textContent = words.length ? `${shown} of ${rows.length}` : "";
  };
  wanted.addEventListener("input", apply);
}

// Only what scrolls is a stop for the keyboard.
const stops = () => {
  for (const box of all(".scroll, .pan")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("load", stops);
addEventListener("resize", stops);
