// What is known of the chosen item. Texts are set as text: whatever a key holds is not markup.
const panel = section.querySelector(".detail");
const make = (name, text, parent) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
};
const fact = (list, name, text) => {
  const pair = make("div", "", list);
  make("dt", name, pair);
  make("dd", text, pair);
};
const describeOperation = item => {
  make("h3", data.texts[operations.request[item]], panel).className = "untrusted mono";
  const list = make("dl", "", panel);
  list.className = "facts";
  fact(list, "outcome", OUTCOMES[operations.outcome[item]]);
  fact(list, "answer", data.texts[operations.response[item]]);
  const from = operations.from[item], took = operations.took[item];
  fact(list, "sent", seconds(from));
  fact(list, "ended", took < 0 ? "not before the history ends" : seconds(from + took) + ", after " + (took / 1000).toFixed(3) + " ms");
  if (operations.revision[item] > 0) fact(list, "revision", String(operations.revision[item]));
  if (operations.member[item] >= 0) fact(list, "member", "m" + (operations.member[item] + 1));
  fact(list, "process", "p" + operations.process[item]);
  const completion = operations.completion[item];
  fact(list, "events", operations.event[item] + (completion < 0 ? "" : " and " + completion));
  const states = operations.states[item];
  if (!states) return;
  const table = make("table", "", panel);
  const head = make("tr", "", make("thead", "", table));
  for (const name of ["key", "before", "after"]) make("th", name, head).scope = "col";
  const body = make("tbody", "", table);
  for (const state of states) {
    const row = make("tr", "", body);
    for (const place of state) make("code", data.texts[place], make("td", "", row));
  }
  make("p", "What the key held at the revisions around this operation, as the watches of the harness showed it.", panel).className = "dim small";
};
const describeBar = item => {
  make("h3", words(item), panel).className = "untrusted";
  const list = make("dl", "", panel);
  list.className = "facts";
  fact(list, "from", seconds(begins(item)));
  if (lasts(item) > 0) fact(list, "to", seconds(begins(item) + lasts(item)));
  if (eventOf(item) >= 0) fact(list, "event", String(eventOf(item)));
};
const describe = item => {
  panel.textContent = "";
  if (item === null) {
    make("p", "Choose an operation, a fault, a watch or a member to see what is known of it.", panel).className = "dim";
    return;
  }
  make("p", lanes[laneOf(item)].name, panel).className = "dim small untrusted";
  if (isBar(item)) describeBar(item); else describeOperation(item);
  for (const number of findingsOf.get(eventOf(item)) || []) {
    const link = make("a", "A step of finding " + number, make("p", "", panel));
    link.href = "#finding-" + number;
  }
};
const select = item => {
  view.selected = item;
  if (item !== null) {
    view.lane = laneOf(item);
    reveal(view.lane);
  }
  describe(item);
  schedule();
};
// Shows an item with some time around it.
const visit = item => {
  const from = begins(item), to = from + lasts(item);
  const length = view.to - view.from;
  if (from < view.from || to > view.to || (to - from) * scale() < 3) {
    const room = Math.min(length, Math.max((to - from) * 6, 20_000));
    show((from + to - room) / 2, (from + to + room) / 2);
  }
  select(item);
};
const visitFinding = number => {
  const finding = data.findings.find(finding => finding.number === number);
  const items = finding ? finding.steps.map(event => itemOfEvent.get(event)).filter(item => item !== undefined) : [];
  if (items.length === 0) return;
  const from = Math.min(...items.map(begins)), to = Math.max(...items.map(item => begins(item) + lasts(item)));
  const margin = Math.max((to - from) * 0.15, 2_000);
  show(from - margin, to + margin);
  select(items[items.length - 1]);
};
