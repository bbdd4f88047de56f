// Runs inside the page: measures what a reader would see and tells the frame around it.
addEventListener("load", () => setTimeout(() => {
  const shown = element => element.getClientRects().length > 0;
  const drawings = [...document.querySelectorAll("svg")].filter(shown);
  const meeting = [];
  const outside = [];
  let smallest = 1000;
  for (const drawing of drawings) {
    const frame = drawing.getBoundingClientRect();
    const scale = frame.width / drawing.viewBox.baseVal.width;
    const labels = [...drawing.querySelectorAll("text")].map(text => {
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      smallest = Math.min(smallest, size);
      return [text.textContent, text.getBoundingClientRect()];
    });
    labels.forEach(([name, box], place) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1) {
        outside.push(name);
      }
      for (const [other, its] of labels.slice(place + 1)) {
        const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        // Line boxes are a little taller than letters.
        if (across > 1 && down > box.height * 0.35) {
          meeting.push(name + " / " + other);
        }
      }
    });
  }
  const witness = drawings.filter(drawing => drawing.getAttribute("aria-label").startsWith("Witness"));
  parent.postMessage(JSON.stringify({
    width: document.documentElement.clientWidth,
    scroll: Math.max(document.documentElement.scrollWidth, document.body.scrollWidth),
    verdict: document.getElementById("verdict").textContent,
    witness: witness.map(drawing => drawing.textContent).join(" "),
    drawings: drawings.length,
    smallest: Math.floor(smallest * 10 / 10),
    meeting: meeting.join("; "),
    outside: outside.join("; "),
    ground: getComputedStyle(document.body).backgroundColor,
    executed: window.executed ? 1 : 0,
    scripts: document.scripts.length,
  }), "*");
}, 200));
