// The graph of a series: reports and identifiers, drawn by Cytoscape from what the server says; a click explains.
/* global cytoscape, htmx */

const box = document.getElementById("graph");
const SHAPES = { line: "diamond", account: "rectangle", chat: "hexagon", domain: "triangle", url: "triangle", ip: "triangle" };
const HUES = { line: "--low", account: "--high", chat: "--done", domain: "--accent", url: "--accent", ip: "--accent" };
const LARGEST = 1.6; // zoom, at which a name is set in about 16 px
const NAMED = 14; // identifiers that carry their name in a large graph: more words than that cover one another
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = (key) => (key.includes(":") ? key.split(":").at(-1).slice(0, 6) : key);

/** Where the layout starts: on a spiral, in the order the server gave, so that the same series always looks the same. */
function seed(i, n) {
  const r = 60 * Math.sqrt(i + 1);
  return { x: r * Math.cos(i * GOLDEN_ANGLE) * (n > 60 ? 1.3 : 1.6), y: r * Math.sin(i * GOLDEN_ANGLE) };
}

/** @param {any} data what /series/…/graph says */
function elements(data) {
  const most = Math.max(1, ...data.reports.map((r) => r.loss_fen ?? 0));
  const nodes = [
    ...data.keys.map((k) => ({ id: `k ${k.key}`, key: k.key, label: SHAPES[k.kind] ? short(k.key) : `${k.said} ${short(k.key)}`, full: `${k.said} ${short(k.key)}`, shape: SHAPES[k.kind] ?? "pentagon", hue: HUES[k.kind] ?? "--medium", size: 16 + Math.min(22, 5 * Math.log2(1 + k.n)), hub: k.hub ? 1 : 0 })),
    ...data.reports.map((r) => ({ id: `r ${r.report_id}`, report: r.report_id, label: r.day, full: `${r.day} ${r.said}`, shape: "ellipse", hue: "--text-2", size: 12 + 16 * Math.sqrt((r.loss_fen ?? 0) / most), hub: 0 })),
  ];
  return [
    ...nodes.map((data, i) => ({ data, position: seed(i, nodes.length), classes: data.report ? "report" : data.hub ? "key hub" : "key" })),
    ...data.names.map(([report, key]) => ({ data: { id: `${report} ${key}`, source: `r ${report}`, target: `k ${key}` }, classes: "names" })),
    ...data.links.map((l) => ({ data: { id: `${l.a}~${l.b}`, source: `r ${l.a}`, target: `r ${l.b}`, a: l.a, b: l.b, label: `${l.bits > 0 ? "+" : ""}${l.bits.toFixed(1)}` }, classes: l.bridge ? "bridge" : "link" })),
  ];
}

/** @param {number} f how much larger than drawn things must be to be seen at the zoom that shows all */
function style(f, few) {
  const text = colour("--text"), faint = colour("--text-3"), line = colour("--line-strong"), panel = colour("--panel");
  const font = getComputedStyle(document.body).fontFamily;
  return [
    { selector: "node", style: { shape: "data(shape)", width: (n) => n.data("size") * f, height: (n) => n.data("size") * f, label: few ? "data(label)" : "", color: faint, "font-size": 10 * f, "text-background-color": panel, "text-background-opacity": 0.85, "text-background-padding": f, "font-family": font, "text-valign": "bottom", "text-margin-y": 2 * f, "min-zoomed-font-size": 7, "border-width": 1.5 * f } },
    ...["--low", "--high", "--done", "--accent", "--medium", "--text-2"].map((hue) => ({ selector: `node[hue = "${hue}"]`, style: { "background-color": colour(hue), "border-color": colour(hue) } })),
    { selector: "node.key", style: { color: text, "font-size": 11 * f } },
    { selector: "node.named", style: { label: "data(label)", "z-index": 9 } },
    { selector: "node.over", style: { label: "data(full)", "z-index": 10 } },
    { selector: "node.report", style: { "background-color": panel, "border-color": faint, "border-width": 2 * f } },
    { selector: "node.hub", style: { "background-opacity": 0, "border-style": "dashed", color: faint } },
    { selector: "edge", style: { width: f, "line-color": line, "curve-style": "straight" } },
    { selector: "edge.bridge", style: { width: 2.2 * f, "line-style": "dashed", "line-color": colour("--high"), label: "data(label)", "font-size": 10 * f, color: colour("--high"), "text-background-color": panel, "text-background-opacity": 1 } },
    { selector: "edge.link", style: { width: 1.5 * f, "line-color": colour("--accent-line"), label: "data(label)", "font-size": 9 * f, color: faint, "min-zoomed-font-size": 8 } },
    { selector: ".aside", style: { opacity: 0.18 } },
    { selector: ".chosen", style: { label: "data(label)", color: text, "border-width": 3 * f, "border-color": colour("--accent") } },
    { selector: "node.chosen", style: { label: "data(full)", "z-index": 10 } },
    { selector: "edge.chosen", style: { "line-color": colour("--accent"), width: 3 * f } },
    { selector: ".gone", style: { display: "none" } },
  ];
}

const ask = (url) => htmx.ajax("GET", url, { target: "#detail" });

/** Light up what was clicked with its neighbours, and explain it beside the graph. */
function choose(graph, item) {
  graph.elements().removeClass("chosen aside");
  const near = item.isEdge() ? item.connectedNodes().union(item) : item.closedNeighborhood();
  graph.elements().not(near).addClass("aside");
  item.addClass("chosen");
  const { a, b, report, key } = item.data();
  if (a) ask(`${box.dataset.pair}?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&tab=graph`);
  else if (report) ask(`${box.dataset.why}${encodeURIComponent(report)}?panel=1`);
  else if (key) ask(`${box.dataset.from.replace(/graph$/, "identifier")}?key=${encodeURIComponent(key)}`);
}

/** All of it in sight, but four reports are not blown up to fill the box. */
function fitted(graph, padding) {
  graph.fit(undefined, padding);
  if (graph.zoom() <= LARGEST) return;
  graph.zoom(LARGEST);
  graph.center();
}

/** The layout knows nothing of the box: stretch what it made to the box's shape. */
function spread(graph) {
  const { w, h } = graph.nodes().boundingBox({ includeLabels: false });
  const ratio = (box.clientWidth / box.clientHeight) / (w / Math.max(h, 1));
  const [x, y] = ratio > 1 ? [Math.min(ratio, 2), 1] : [1, Math.min(1 / ratio, 2)];
  graph.nodes().positions((node) => ({ x: node.position("x") * x, y: node.position("y") * y }));
  fitted(graph, 28);
}

function controls(graph) {
  const middle = () => ({ x: box.clientWidth / 2, y: box.clientHeight / 2 });
  const acts = {
    in: () => graph.zoom({ level: graph.zoom() * 1.25, renderedPosition: middle() }),
    out: () => graph.zoom({ level: graph.zoom() / 1.25, renderedPosition: middle() }),
    fit: () => fitted(graph, 24),
    hubs: (button) => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      graph.nodes(".hub").union(graph.nodes(".hub").connectedEdges()).toggleClass("gone", !shown);
    },
    png: () => {
      const link = document.createElement("a");
      link.href = graph.png({ full: true, scale: 2, bg: colour("--panel"), output: "base64uri" });
      link.download = "series.png";
      link.click();
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-graph]");
    if (button) acts[button.dataset.graph](button);
  });
}

async function draw() {
  const answer = await fetch(box.dataset.from, { headers: { Accept: "application/json" } });
  if (!answer.ok) { box.replaceChildren(box.dataset.failed); return; }
  const data = await answer.json();
  box.replaceChildren();
  const graph = cytoscape({
    container: box, elements: elements(data), style: style(1, true), minZoom: 0.05, maxZoom: 4,
    layout: { name: "preset" }, boxSelectionEnabled: false,
  });
  const many = graph.nodes().length > 150;
  graph.layout({ name: "cose", animate: false, randomize: false, fit: true, padding: 24, nodeDimensionsIncludeLabels: false, idealEdgeLength: () => 40, nodeRepulsion: () => 4000, gravity: 0.8, numIter: many ? 400 : 1000 }).run();
  spread(graph);
  const f = Math.min(1.7, Math.max(1, 0.75 / graph.zoom()));
  graph.style(style(f, graph.nodes().length <= 40));
  graph.nodes(".key").sort((a, b) => b.data("size") - a.data("size")).slice(0, NAMED).addClass("named");
  graph.on("mouseover mouseout", "node", (event) => event.target.toggleClass("over", event.type === "mouseover"));
  graph.on("tap", "node, edge", (event) => choose(graph, event.target));
  graph.on("tap", (event) => { if (event.target === graph) graph.elements().removeClass("chosen aside"); });
  controls(graph);
  // For those who look at the page with a program: where things lie, and where the first of them is in the box.
  box.dataset.places = graph.nodes().map((node) => `${node.id()} ${node.position("x").toFixed(1)} ${node.position("y").toFixed(1)}`).join(";");
  box.dataset.first = graph.nodes(".key").length ? Object.values(graph.nodes(".key")[0].renderedPosition()).join(" ") : "";
  box.dataset.drawn = String(graph.nodes().length);
  const drawn = data.reports.length + data.keys.length, all = data.all_reports + data.all_keys;
  if (drawn < all) document.getElementById("graph-note").textContent = `${box.dataset.limit}${drawn} / ${all}`;
}

if (box) draw();
