// Drawing. What covers the same pixels with the same colour is drawn once.
const context = canvas.getContext("2d");
let colours = {};
const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["panel", "ink", "dim", "line", "accent", "invalid", "ok", "failed", "unknown", "fault"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
};
const OUTCOME_COLOURS = ["ok", "failed", "unknown"];
const colourOf = item => {
  if (!isBar(item)) return colours[OUTCOME_COLOURS[operations.outcome[item]]];
  const look = bars.look[~item];
  if (look === LOOK.fault || look === LOOK.planned) return colours.fault;
  return look === LOOK.life ? colours.dim : colours.accent;
};
// Their heights differ, so that colour is never alone: refused ones are low, those of unknown
// outcome reach beyond their row's usual height.
const HEIGHTS = [10, 6, 14];
const heightOf = item => {
  if (!isBar(item)) return HEIGHTS[operations.outcome[item]];
  return [12, 14, 14, 12, 8][bars.look[~item]];
};
const faded = item => view.found !== null && !view.found.has(item);
// What lasts for most of a run is pale, so that what happens meanwhile is seen on it.
const isPale = item => isBar(item) && (bars.look[~item] === LOOK.life || bars.look[~item] === LOOK.watch);
// A watch delivers on its own bar: words there could not be read.
const isLabelled = item => !isPlanned(item) && !(isBar(item) && bars.look[~item] === LOOK.watch);
const isPlanned = item => isBar(item) && bars.look[~item] === LOOK.planned;

const drawItem = (item, middle) => {
  const left = x(begins(item)), width = Math.max(lasts(item) * scale(), 1.5), height = heightOf(item);
  const top = middle - height / 2;
  context.globalAlpha = (faded(item) ? 0.18 : 1) * (isPale(item) ? 0.22 : 1);
  if (isPlanned(item)) {
    context.strokeStyle = colourOf(item);
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, top + 0.5, Math.max(width, 3), height - 1);
  } else {
    context.fillStyle = colourOf(item);
    context.fillRect(left, top, width, height);
  }
  if (width > 70 && isLabelled(item)) label(item, left, width, middle);
};
const label = (item, left, width, middle) => {
  const from = Math.max(left, size.gutter) + 4;
  const room = Math.min(left + width, size.width) - from - 4;
  if (room < 50) return;
  context.save();
  context.beginPath();
  context.rect(from, middle - LANE / 2, room, LANE);
  context.clip();
  context.globalAlpha = faded(item) ? 0.3 : 1;
  context.fillStyle = isPale(item) ? colours.dim : colours.panel;
  context.font = "11px system-ui, sans-serif";
  context.fillText(words(item), from, middle + 4);
  context.restore();
};

const drawLane = (lane, place) => {
  const middle = place * LANE - view.top + LANE / 2;
  if (middle < -LANE || middle > rowsHeight() + LANE) return;
  context.globalAlpha = 1;
  context.fillStyle = colours.line;
  context.fillRect(size.gutter, middle + LANE / 2 - 0.5, size.width - size.gutter, 0.5);
  // Columns that a colour has reached; what ended badly comes last and so on top.
  const reached = {};
  const late = [];
  for (const item of inSight(lane)) {
    if (!isBar(item) && operations.outcome[item] !== 0) { late.push(item); continue; }
    one(item, middle, reached);
  }
  for (const item of late) one(item, middle, reached);
};
const one = (item, middle, reached) => {
  const key = colourOf(item) + heightOf(item) + faded(item) + isPlanned(item);
  const right = Math.ceil(x(begins(item) + lasts(item)));
  if (reached[key] !== undefined && right <= reached[key] && item !== view.selected) return;
  reached[key] = right;
  drawItem(item, middle);
};

const drawNames = () => {
  context.globalAlpha = 1;
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, size.gutter, size.height);
  context.font = "12px system-ui, sans-serif";
  lanes.forEach((lane, place) => {
    const middle = place * LANE - view.top + LANE / 2;
    if (middle < 0 || middle > rowsHeight()) return;
    context.fillStyle = place === view.lane && document.activeElement === canvas ? colours.accent : colours.dim;
    context.fillText(lane.name, 2, middle + 4, size.gutter - 8);
  });
};
const STEPS = [1, 2, 5];
const drawAxis = () => {
  const wanted = (view.to - view.from) / Math.max(2, (size.width - size.gutter) / (size.width < 560 ? 62 : 90));
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = power * (STEPS.find(times => times * power >= wanted) || 10);
  const digits = Math.max(0, 6 - Math.floor(Math.log10(step) + 1e-9));
  context.globalAlpha = 1;
  context.fillStyle = colours.panel;
  context.fillRect(0, rowsHeight(), size.width, AXIS);
  context.font = "12px system-ui, sans-serif";
  for (let tick = Math.ceil(view.from / step) * step; tick <= view.to; tick += step) {
    const left = x(tick);
    context.fillStyle = colours.line;
    context.fillRect(left, 0, 1, rowsHeight() + 4);
    const text = (tick / 1e6).toFixed(digits) + " s";
    const width = context.measureText(text).width;
    if (left - width / 2 < size.gutter || left + width / 2 > size.width) continue;
    context.fillStyle = colours.dim;
    context.fillText(text, left - width / 2, rowsHeight() + 17);
  }
};
const outline = (item, colour, thick) => {
  const place = laneOf(item);
  const middle = place * LANE - view.top + LANE / 2;
  if (middle < 0 || middle > rowsHeight()) return;
  const height = Math.max(heightOf(item), 10) + 5;
  const width = Math.max(lasts(item) * scale(), 1.5);
  context.strokeStyle = colour;
  context.lineWidth = thick;
  context.strokeRect(x(begins(item)) - 2.5, middle - height / 2, width + 5, height);
};
const drawMarks = () => {
  context.globalAlpha = 1;
  for (const finding of data.findings) {
    for (const event of finding.steps) {
      const item = itemOfEvent.get(event);
      if (item !== undefined) outline(item, colours.invalid, 1.5);
    }
  }
  if (view.selected !== null) outline(view.selected, colours.ink, 2.5);
};
const draw = () => {
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, size.width, size.height);
  drawAxis();
  context.save();
  context.beginPath();
  context.rect(0, 0, size.width, rowsHeight());
  context.clip();
  lanes.forEach(drawLane);
  drawMarks();
  drawNames();
  context.restore();
};
let waiting = false;
const schedule = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const start = performance.now();
    draw();
    performance.measure("timeline-redraw", { start });
  });
};
