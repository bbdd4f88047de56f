// What is seen of it: a stretch of time, and the lanes from one on.
const LANE = 20;
const AXIS = 24;
const SHORTEST = 200;
const canvas = section.querySelector("canvas");
const view = { from: 0, to: 1, top: 0, selected: null, found: null, lane: 0 };
const whole = () => {
  const margin = (data.window[1] - data.window[0]) * 0.005 + 1;
  return [data.window[0] - margin, data.window[1] + margin];
};
const size = { width: 0, height: 0, gutter: 0 };
const measure = () => {
  const box = canvas.getBoundingClientRect();
  size.width = box.width;
  size.height = box.height;
  size.gutter = box.width < 560 ? 84 : 132;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
};
const scale = () => (size.width - size.gutter) / (view.to - view.from);
const x = moment => size.gutter + (moment - view.from) * scale();
const momentAt = position => view.from + (position - size.gutter) / scale();
const rowsHeight = () => size.height - AXIS;
const laneAt = position => Math.floor((position + view.top) / LANE);
const show = (from, to) => {
  const [first, last] = whole();
  const length = Math.min(Math.max(to - from, SHORTEST), last - first);
  view.from = Math.min(Math.max(from, first), last - length);
  view.to = view.from + length;
  schedule();
};
const zoom = (factor, around) => {
  const at = around === undefined ? (view.from + view.to) / 2 : around;
  show(at - (at - view.from) * factor, at + (view.to - at) * factor);
};
const pan = share => {
  const by = (view.to - view.from) * share;
  show(view.from + by, view.to + by);
};
const scrollTo = top => {
  const most = Math.max(0, lanes.length * LANE - rowsHeight());
  view.top = Math.min(Math.max(top, 0), most);
  schedule();
};
const reveal = lane => {
  if (lane * LANE < view.top) scrollTo(lane * LANE);
  if ((lane + 1) * LANE > view.top + rowsHeight()) scrollTo((lane + 1) * LANE - rowsHeight());
};
// What of a lane is in sight, in order.
const inSight = lane => {
  const items = [];
  for (let place = firstFrom(lane, view.from - lane.longest); place < lane.items.length; place++) {
    const item = lane.items[place];
    const from = begins(item);
    if (from > view.to) break;
    if (from + lasts(item) >= view.from) items.push(item);
  }
  return items;
};
// The item at a place of the canvas: the last drawn is on top.
const itemAt = (left, top) => {
  const lane = lanes[laneAt(top)];
  if (!lane || top > rowsHeight() || left < size.gutter) return null;
  const near = 4 / scale();
  const moment = momentAt(left);
  let best = null, distance = Infinity;
  for (const item of inSight(lane)) {
    const from = begins(item), to = from + lasts(item);
    const off = moment < from ? from - moment : moment > to ? moment - to : 0;
    // Of what overlaps, the shortest is meant.
    const weight = off + lasts(item) * 1e-6;
    if (off <= near && weight <= distance) { best = item; distance = weight; }
  }
  return best;
};
