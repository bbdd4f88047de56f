// Pointer, wheel, keys, buttons and search.
const pointers = new Map();
let dragged = 0;
const place = event => {
  const box = canvas.getBoundingClientRect();
  return { left: event.clientX - box.left, top: event.clientY - box.top };
};
canvas.addEventListener("pointerdown", event => {
  pointers.set(event.pointerId, place(event));
  canvas.setPointerCapture(event.pointerId);
  dragged = 0;
});
canvas.addEventListener("pointermove", event => {
  const before = pointers.get(event.pointerId);
  const now = place(event);
  if (!before) {
    const item = itemAt(now.left, now.top);
    canvas.style.cursor = item === null ? "grab" : "pointer";
    canvas.title = item === null ? "" : words(item);
    return;
  }
  if (pointers.size === 2) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const spread = point => Math.max(Math.abs(point.left - other.left), 10);
    zoom(spread(before) / spread(now), momentAt(other.left));
  } else {
    const by = (before.left - now.left) / scale();
    show(view.from + by, view.to + by);
    scrollTo(view.top + before.top - now.top);
  }
  dragged += Math.abs(now.left - before.left) + Math.abs(now.top - before.top);
  pointers.set(event.pointerId, now);
});
const lift = event => {
  const known = pointers.delete(event.pointerId);
  if (event.type === "pointercancel" || !known || dragged > 6) return;
  const { left, top } = place(event);
  canvas.focus({ preventScroll: true });
  const lane = laneAt(top);
  if (lane >= 0 && lane < lanes.length && top <= rowsHeight()) view.lane = lane;
  select(itemAt(left, top));
};
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("dblclick", event => zoom(0.25, momentAt(place(event).left)));
canvas.addEventListener("wheel", event => {
  // A page that is scrolled past the canvas goes on scrolling, unless the canvas was chosen.
  if (document.activeElement !== canvas && !event.ctrlKey) return;
  event.preventDefault();
  if (event.shiftKey) { scrollTo(view.top + event.deltaY + event.deltaX); return; }
  zoom(1.0015 ** event.deltaY, momentAt(place(event).left));
}, { passive: false });

// The next item of the chosen lane, or the one before.
const step = by => {
  const items = lanes[view.lane].items;
  const now = view.selected === null || laneOf(view.selected) !== view.lane
    ? firstFrom(lanes[view.lane], view.from) - (by > 0 ? 1 : 0)
    : items.indexOf(view.selected);
  const item = items[now + by];
  if (item !== undefined) visit(item);
};
const changeLane = by => {
  view.lane = Math.min(Math.max(view.lane + by, 0), lanes.length - 1);
  reveal(view.lane);
  schedule();
};
let finding = 0;
const nextFinding = () => {
  if (data.findings.length === 0) return;
  visitFinding(data.findings[finding % data.findings.length].number);
  finding += 1;
};
const search = section.querySelector("input[type=search]");
const KEYS = {
  ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15),
  ArrowUp: () => changeLane(-1), ArrowDown: () => changeLane(1),
  "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
  Home: () => show(...whole()), "0": () => show(...whole()),
  n: () => step(1), p: () => step(-1), f: nextFinding,
  "/": () => search.focus(), Escape: () => select(null),
};
canvas.addEventListener("keydown", event => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
canvas.addEventListener("focus", schedule);
canvas.addEventListener("blur", schedule);

const said = section.querySelector(".found");
let hits = [], hit = -1;
const find = () => {
  const wanted = search.value.trim().toLowerCase();
  hits = [];
  hit = -1;
  if (wanted === "") {
    view.found = null;
    said.textContent = "";
    schedule();
    return;
  }
  const revision = /^(?:rev(?:ision)? *)?(\d+)$/.exec(wanted);
  const process = /^p(\d+)$/.exec(wanted);
  const matching = data.texts.map(text => text.toLowerCase().includes(wanted));
  operations.event.forEach((event, item) => {
    const matches = process ? operations.process[item] === Number(process[1])
      : revision && operations.revision[item] === Number(revision[1])
        || matching[operations.request[item]] || matching[operations.response[item]];
    if (matches) hits.push(item);
  });
  bars.text.forEach((text, bar) => {
    if (!process && (matching[text] || lanes[bars.lane[bar]].name.toLowerCase() === wanted)) hits.push(~bar);
  });
  hits.sort((one, other) => begins(one) - begins(other));
  view.found = new Set(hits);
  said.textContent = hits.length === 0 ? "nothing found" : hits.length + " found";
  schedule();
};
const go = by => {
  if (hits.length === 0) return;
  hit = (hit + by + hits.length) % hits.length;
  said.textContent = (hit + 1) + " of " + hits.length;
  visit(hits[hit]);
};
search.addEventListener("input", find);
search.addEventListener("keydown", event => {
  if (event.key === "Enter") { event.preventDefault(); go(event.shiftKey ? -1 : 1); }
  if (event.key === "Escape") { search.value = ""; find(); canvas.focus(); }
});
const BUTTONS = {
  in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.3), right: () => pan(0.3),
  whole: () => show(...whole()), previous: () => go(-1), next: () => go(1), finding: nextFinding,
};
for (const button of section.querySelectorAll("button[data-act]")) {
  button.addEventListener("click", () => BUTTONS[button.dataset.act]());
}
for (const button of document.querySelectorAll("button[data-finding]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    section.scrollIntoView();
    canvas.focus({ preventScroll: true });
    visitFinding(Number(button.dataset.finding));
  });
}

section.querySelector(".tools").hidden = false;
canvas.hidden = false;
canvas.style.height = Math.min(lanes.length * LANE + AXIS, 560) + "px";
const settle = () => { measure(); readColours(); scrollTo(view.top); draw(); };
new ResizeObserver(settle).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", settle);
[view.from, view.to] = whole();
describe(null);
settle();
