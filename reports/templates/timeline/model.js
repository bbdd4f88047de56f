// What happened, as the page's data has it: an item is an operation (its place, from 0) or a
// bar (~ its place, below 0).
const source = document.getElementById("timeline-data");
const section = document.getElementById("timeline");
if (!source || !section) return;
const data = JSON.parse(source.textContent);
const operations = data.operations;
const bars = data.bars;
const LOOK = { life: 0, fault: 1, planned: 2, watch: 3, moment: 4 };
const OUTCOMES = ["answered", "refused: no effect", "outcome unknown"];

const isBar = item => item < 0;
const begins = item => isBar(item) ? bars.from[~item] : operations.from[item];
const lasts = item => {
  if (isBar(item)) return bars.took[~item];
  const took = operations.took[item];
  return took < 0 ? data.window[1] - operations.from[item] : took;
};
const laneOf = item => isBar(item) ? bars.lane[~item] : operations.lane[item];
const words = item => isBar(item)
  ? data.texts[bars.text[~item]]
  : data.texts[operations.request[item]] + " → " + data.texts[operations.response[item]];

// Items of each lane in the order of their beginnings; `longest` bounds how far back a look
// for what overlaps a moment must go.
const lanes = data.lanes.map(name => ({ name, items: [], longest: 0 }));
const itemOfEvent = new Map();
const add = (item, event) => {
  const lane = lanes[laneOf(item)];
  lane.items.push(item);
  lane.longest = Math.max(lane.longest, lasts(item));
  if (event >= 0) itemOfEvent.set(event, item);
};
bars.event.forEach((event, place) => add(~place, event));
operations.event.forEach((event, place) => add(place, event));
for (const lane of lanes) {
  lane.items.sort((one, other) => begins(one) - begins(other));
}

// Findings by the events of their witnesses.
const findingsOf = new Map();
for (const finding of data.findings) {
  for (const event of finding.steps) {
    if (!findingsOf.has(event)) findingsOf.set(event, []);
    findingsOf.get(event).push(finding.number);
  }
}
const eventOf = item => isBar(item) ? bars.event[~item] : operations.event[item];

// The first item of a lane that begins at or after a moment.
const firstFrom = (lane, moment) => {
  let low = 0, high = lane.items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (begins(lane.items[middle]) < moment) low = middle + 1; else high = middle;
  }
  return low;
};
const seconds = micros => (micros / 1e6).toFixed(6).replace(/0{1,3}$/, "") + " s";
