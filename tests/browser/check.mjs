// The built book in a real browser: what a reader gets, with eyes, ears, keyboard or none of the network.
//
//   node tests/browser/check.mjs [FOLDER] [--screenshots DIR] [--pages TEXT] [--root DIR] [--quick]
//
// FOLDER holds the built pages (_build/html). Every page is opened at two widths, light and dark (--quick: wide
// and light alone, and only what is counted and measured, without axe-core):
//   - axe-core finds nothing serious or critical (WCAG 2.0 to 2.2, levels A and AA, best practices);
//   - no request leaves 127.0.0.1, none fails, nothing is written to the console as an error;
//   - the page is no wider than its window, and on a wide one no table and no code is cut off;
//   - a figure is wide enough for its text to be read, if need be by scrolling.
// On a wide one also: the first figure of a page that computes begins in the first FIRST_FIGURE px; at most one
// table is open, of at most ROWS rows and COLUMNS columns; code is folded; a folded table is no wider than the
// column; a figure can be enlarged, which Escape ends. Pages may be excepted below, with a reason.
// Then: pages opened from disk ask for files alone; search finds; formulas are set; the sliders and
// the view in three dimensions work by keyboard, and the map in the browser is the map of the figure.
// Writes _build/browser/report.json and exits with 1 if anything is wrong.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    screenshots: { type: "string" }, pages: { type: "string", default: "" },
    root: { type: "string", default: "." }, quick: { type: "boolean", default: false },
  },
});
const root = resolve(options.root);
const folder = resolve(positionals[0] ?? join(root, "_build", "html"));
const work = join(root, "_build", "browser");
const require = createRequire(join(work, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browserPath = [
  process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
].find((path) => path && existsSync(path));
if (!browserPath) {
  console.error("Chromium was not found; install it (Debian: apt-get install chromium) or name it: CHROMIUM=/path");
  process.exit(2);
}
if (!existsSync(join(folder, "index.html"))) {
  console.error(`there is no book in ${folder}; build it with 'make book'`);
  process.exit(2);
}

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".png": "image/png", ".json": "application/json", ".woff": "font/woff", ".woff2": "font/woff2",
};
const server = createServer((request, response) => {
  let path = join(folder, decodeURIComponent(new URL(request.url, "http://127.0.0.1").pathname));
  if (existsSync(path) && statSync(path).isDirectory()) path = join(path, "index.html");
  if (!path.startsWith(folder + sep) || !existsSync(path)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  response.end(readFileSync(path));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;

const pages = readdirSync(folder, { recursive: true })
  .filter((name) => name.endsWith(".html") && !/^(_static|_modules|slides)/.test(name) && name !== "index.html")
  .filter((name) => name.includes(options.pages))
  .sort();
const widths = { wide: { width: 1400, height: 900 }, phone: { width: 390, height: 844 } };
// ---------------------------------------------------------------- what a page may have
const FIRST_FIGURE = 700; // px from the top, at a width of 1400
const [ROWS, COLUMNS] = [6, 5]; // of the one table that is open, without its heads
const FEWEST_PX = 9.5; // of the smallest text in a figure, 10 pt at 200 dots an inch
const EXCEPTED = { // page: { what: why }
  index: { tables: "the claims at a glance" },
  "15-claims": { tables: "the claims one by one, and what was measured for each", figure: "it is on the front page" },
  "17-past-one-machine": { figure: "costs are a table" },
};
const excepted = (name, what) => EXCEPTED[name.replace(/^.*\/|\.html$/g, "")]?.[what];

// Runs in the page: what is counted there.
const measure = ([rows, columns]) => {
  const article = document.querySelector(".bd-article");
  if (!article) return null;
  const seen = (node) => node.checkVisibility() && !node.closest("details:not([open])");
  const all = (selector) => [...article.querySelectorAll(selector)];
  const tables = all("table.dataframe").map((table) => {
    const lines = [...table.querySelectorAll("tbody tr")];
    return { open: seen(table), rows: lines.length, columns: Math.max(0, ...lines.map((line) => line.querySelectorAll("td").length)) };
  });
  const open = tables.filter((table) => table.open);
  const figure = all("figure img, .cell_output img, p > img, canvas").filter(seen)[0];
  const code = all(".cell_input");
  const prose = article.cloneNode(true);
  for (const node of prose.querySelectorAll("pre, table, script, style, svg, mjx-container, .cell_input, .headerlink")) node.remove();
  return {
    tables: tables.length,
    openTables: open.length,
    largeTables: open.filter((table) => table.rows > rows || table.columns > columns).length,
    cells: tables.reduce((sum, table) => sum + table.rows * table.columns, 0),
    openCells: open.reduce((sum, table) => sum + table.rows * table.columns, 0),
    code: code.length,
    openCode: all(".cell_input").filter((node) => seen(node)).length,
    untaggedCode: all(".cell:not(.tag_open) > .cell_input").filter((node) => seen(node)).length,
    finding: article.querySelector(".admonition.finding") !== null,
    firstFigure: figure ? Math.round(figure.getBoundingClientRect().top + scrollY) : null,
    figures: all("figure img, .cell_output img, p > img").length,
    words: prose.textContent.split(/\s+/).filter(Boolean).length,
  };
};
const problems = [];
const counts = {};
const measured = {};
const told = (where, what) => {
  problems.push(`${where}: ${what}`);
  console.log(`  ${where}: ${what}`);
};

const flags = ["--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-component-update"];
if (process.getuid?.() === 0) flags.push("--no-sandbox");
const browser = await chromium.launch({ executablePath: browserPath, args: flags });

function watch(page, where, allowed) {
  page.on("request", (request) => {
    if (!allowed(request.url())) told(where(), `asks for ${request.url().slice(0, 100)}`);
  });
  page.on("requestfailed", (request) => { // leaving a page ends what is still on its way
    if (request.failure()?.errorText !== "net::ERR_ABORTED") told(where(), `cannot load ${request.url().slice(0, 100)}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) told(where(), `${response.status()} for ${response.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") told(where(), `console: ${message.text().slice(0, 200)}`);
  });
  page.on("pageerror", (error) => told(where(), `script: ${String(error).slice(0, 200)}`));
}
const onLoopback = (url) => url.startsWith(origin + "/") || url.startsWith("data:") || url.startsWith("blob:");

async function settled(page) {
  await page.evaluate(async () => {
    await window.MathJax?.startup?.promise;
    await document.fonts.ready;
  });
}

async function frame(page, name, where) {
  const found = await page.evaluate(measure, [ROWS, COLUMNS]);
  if (!found) return;
  measured[name] = found;
  const computes = name.startsWith("notebooks/");
  if (computes && found.firstFigure > FIRST_FIGURE && !excepted(name, "firstFigure"))
    told(where(), `its first figure begins at ${found.firstFigure} px, after ${FIRST_FIGURE}`);
  if (computes && found.firstFigure === null && !excepted(name, "figure")) told(where(), "has no figure");
  if (!excepted(name, "tables")) {
    if (found.openTables > 1) told(where(), `${found.openTables} tables are open, not one`);
    if (found.largeTables) told(where(), `${found.largeTables} open tables have more than ${ROWS} rows or ${COLUMNS} columns`);
  }
  if (found.untaggedCode && !name.startsWith("book/lab/")) told(where(), `${found.untaggedCode} code cells are open that are not tagged so`);
  const wide = await page.evaluate(() => {
    const folded = [...document.querySelectorAll(".bd-article details:not([open])")];
    for (const one of folded) one.open = true;
    const column = document.querySelector(".bd-article").clientWidth + 1;
    const wide = folded.flatMap((one) => [...one.querySelectorAll("table")]).map((table) => table.scrollWidth)
      .filter((pixels) => pixels > column).map((pixels) => `${pixels - column} px`);
    for (const one of folded) one.open = false;
    return wide;
  });
  if (wide.length) told(where(), `folded tables are wider than the column by ${wide.join(", ")}`);
  const figure = page.locator(".bd-article img[role=button]").first();
  if (await figure.count() && await figure.isVisible()) {
    await figure.focus();
    await page.keyboard.press("Enter");
    const large = page.locator("dialog.figure-large img");
    const [here, there] = [await figure.boundingBox(), await large.boundingBox()];
    if (!there || there.width <= here.width) told(where(), "its figure is not enlarged by Enter");
    await page.keyboard.press("Escape");
    if (await large.isVisible()) told(where(), "an enlarged figure is not closed by Escape");
  }
}

// ---------------------------------------------------------------- every page, four ways
for (const colorScheme of options.quick ? ["light"] : ["light", "dark"])
  for (const [width, viewport] of Object.entries(widths).slice(0, options.quick ? 1 : 2)) {
    const context = await browser.newContext({ colorScheme, viewport, reducedMotion: "reduce" });
    const page = await context.newPage();
    let name = "";
    const where = () => `${name} (${colorScheme}, ${width})`;
    watch(page, where, onLoopback);
    for (name of pages) {
      await page.goto(`${origin}/${name}`, { waitUntil: "load" });
      await settled(page);
      const theme = await page.evaluate(() => document.documentElement.dataset.theme);
      if (theme !== colorScheme) told(where(), `is shown ${theme}`);
      for (const figure of await page.$$("figure")) await figure.scrollIntoViewIfNeeded(); // starts what is lazy
      await page.waitForTimeout(150);
      await page.evaluate(() => window.scrollTo(0, 0));
      if (!options.quick) await page.evaluate(axe);
      const found = options.quick ? { violations: [] } : await page.evaluate(() => window.axe.run(document, {
        resultTypes: ["violations"],
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }));
      for (const { id, impact, nodes, help } of found.violations) {
        counts[impact] = (counts[impact] ?? 0) + nodes.length;
        counts[`${impact} ${id}`] = (counts[`${impact} ${id}`] ?? 0) + nodes.length;
        if (["serious", "critical"].includes(impact))
          told(where(), `${impact} ${id} ×${nodes.length}: ${help}: ${nodes[0].html.slice(0, 140)}`);
      }
      const excess = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (excess > 1) told(where(), `is ${excess} px wider than its window`);
      if (width === "wide" && colorScheme === "light") await frame(page, name, where);
      const { cut, small } = await page.evaluate((fewest) => ({
        cut: [...document.querySelectorAll(".bd-article :is(.cell_output, .output, .pasted-html, .highlight pre, "
          + ".pst-scrollable-table-container)")].filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
          .map((e) => `${e.className || e.tagName}: ${e.scrollWidth - e.clientWidth} px`),
        small: [...document.querySelectorAll(".bd-article :is(.cell_output, figure, p) img")]
          .filter((e) => {
            if (!e.checkVisibility() || !e.naturalWidth || e.src.endsWith(".svg")) return false; // not loaded: folded
            const width = e.getBoundingClientRect().width;
            const largest = e.getAttribute("role") === "button" ? Math.max(width, e.naturalWidth / 2) : width;
            return ((10 / 72) * 200 * largest) / e.naturalWidth < fewest;
          }).length,
      }), FEWEST_PX);
      if (width === "wide") for (const what of cut) told(where(), `is cut off, ${what}`);
      if (small) told(where(), `${small} figures are drawn too small to be read`);
      if (options.screenshots) {
        mkdirSync(options.screenshots, { recursive: true });
        const file = `${name.replace(/\.html$/, "").replaceAll("/", "-")}-${colorScheme}-${width}.png`;
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.screenshot({ // the whole page, or as much of it as one can look at
          path: join(options.screenshots, file), fullPage: true, timeout: 120000,
          clip: { x: 0, y: 0, width: viewport.width, height: Math.min(height, 9000) },
        }).catch((error) => console.log(`  no screenshot of ${where()}: ${String(error).slice(0, 80)}`));
      }
    }
    await context.close();
  }

// ---------------------------------------------------------------- from disk
if (!options.quick) {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  let name = "";
  watch(page, () => `${name} (from disk)`, (url) => /^(file|data|blob):/.test(url));
  for (name of pages) {
    await page.goto(pathToFileURL(join(folder, name)).href, { waitUntil: "load" });
    await settled(page);
    const formulas = await page.evaluate(() => [
      document.querySelectorAll(".math").length,
      document.querySelectorAll("mjx-container").length,
      document.querySelectorAll("mjx-merror, [data-mjx-error]").length,
    ]);
    if (formulas[1] < formulas[0] || formulas[2])
      told(`${name} (from disk)`, `${formulas[0]} formulas, ${formulas[1]} set, ${formulas[2]} with errors`);
  }
  name = "search";
  await page.goto(pathToFileURL(join(folder, "search.html")).href + "?q=propensity");
  await page.waitForSelector("#search-results ul.search li a", { timeout: 20000 })
    .catch(() => told("search (from disk)", "finds no 'propensity'"));
  await context.close();
}

// ---------------------------------------------------------------- the slides, from disk
const deck = join(folder, "slides", "index.html");
if (existsSync(deck)) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  watch(page, () => "slides (from disk)", (url) => /^(file|data|blob):/.test(url));
  await page.goto(pathToFileURL(deck).href);
  await page.waitForFunction(() => window.Reveal?.isReady());
  const full = await page.evaluate(() => Reveal.getSlides().map((_, number) => {
    Reveal.slide(number);
    const slide = Reveal.getCurrentSlide().querySelector(".slide");
    const end = Math.max(...[...slide.children].map((part) => part.offsetTop + part.offsetHeight));
    const small = [...slide.querySelectorAll("img")].some((image) => image.clientHeight < 250);
    return end > slide.clientHeight || small ? number + 1 : 0;
  }).filter(Boolean));
  for (const number of full) told(`slide ${number}`, "says more than it can show beside its figure");
  await context.close();
}

// ---------------------------------------------------------------- keyboard, sliders, three dimensions
const mapsPage = pages.find((name) => readFileSync(join(folder, name), "utf8").includes('class="glass-data"'));
if (mapsPage && !options.quick) {
  const context = await browser.newContext({ viewport: widths.wide });
  const page = await context.newPage();
  watch(page, () => `${mapsPage} (by hand)`, onLoopback);
  await page.goto(`${origin}/${mapsPage}`);
  const block = page.locator(".glass-explorer");
  await block.locator("canvas[role=img]").first().waitFor();
  const grids = () => block.locator("canvas[role=img]").evaluateAll((all) =>
    all.map((canvas) => Array.from(canvas.glassGrid, (value) => (Number.isNaN(value) ? null : value))));
  const first = await grids();

  // The maps first shown are those of Figure 3, whose numbers lie beside it.
  const csv = join(root, "_build", "executed", "figures", "figure-3.csv");
  const data = JSON.parse(await block.locator("script.glass-data").textContent());
  const view = data.views[data.show];
  if (existsSync(csv)) {
    const rows = readFileSync(csv, "utf8").trim().split("\n").slice(1).map((line) => line.split(","))
      .filter(([t]) => Number(t).toFixed(2) === view.temperature);
    const moment = view.times[view.tau];
    const step = (moment.kept[1] - moment.kept[0]) / 255;
    data.names.forEach((field, k) => {
      const drawn = rows.filter((row) => row[1] === field).map((row) => row[4] === "" ? null : Number(row[4]));
      if (drawn.length !== first[k].length) return told(mapsPage, `${field}: figure-3.csv has ${drawn.length} points`);
      const far = drawn.map((value, i) => Math.abs(value - first[k][i]))
        .filter((_, i) => drawn[i] !== null && first[k][i] !== null).sort((a, b) => a - b);
      // Values beyond the kept range are clipped in the browser, and a triangulation has ties.
      const at = far[Math.floor(0.9 * far.length)];
      console.log(`map of ${field}: nine tenths within ${at.toExponential(1)} σ of Figure 3, one step is ${step.toExponential(1)} σ`);
      if (!(far.length > 0.95 * drawn.length) || at > 2 * step) told(mapsPage, `${field}: the map is not that of Figure 3`);
    });
  } else told(mapsPage, `${csv} is not there, so the maps cannot be compared with it; build the book`);

  for (const label of ["z (σ)", "t (τ)"]) {
    const slider = block.getByLabel(label);
    await slider.focus();
    const before = [await slider.getAttribute("aria-valuetext"), JSON.stringify(await grids())];
    await page.keyboard.press(label.startsWith("z") ? "ArrowRight" : "ArrowLeft");
    const after = [await slider.getAttribute("aria-valuetext"), JSON.stringify(await grids())];
    if (before[0] === after[0] || before[1] === after[1]) told(mapsPage, `the slider ${label} moves nothing`);
  }
  const figure = page.locator(`#${data.picture}`);
  await figure.scrollIntoViewIfNeeded();
  await figure.locator(".glass-buttons button").first().waitFor({ timeout: 60000 })
    .catch(() => told(mapsPage, "no view in three dimensions"));
  const views = () => figure.evaluate((node) => node.glassViewers.map((viewer) => viewer.getView().slice(0, 8)));
  const same = (all) => all.every((one) => one.every((value, i) => Math.abs(value - all[0][i]) < 1e-6));
  const begin = await views();
  await figure.getByRole("button", { name: "turn left" }).focus();
  await page.keyboard.press("Enter");
  const turned = await views();
  if (JSON.stringify(begin[0]) === JSON.stringify(turned[0])) told(mapsPage, "the camera does not turn");
  if (begin.length !== 3 || !same(begin) || !same(turned)) told(mapsPage, "the cameras are not one");
  const canvas = figure.locator(".glass-canvas canvas").nth(1);
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 + 10, { steps: 4 });
  await page.mouse.up();
  const dragged = await views();
  if (JSON.stringify(dragged[0]) === JSON.stringify(turned[0]) || !same(dragged))
    told(mapsPage, "dragging one panel does not turn all");
  if (options.screenshots)
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await figure.screenshot({ path: join(options.screenshots, `three-dimensions-${colorScheme}.png`) });
      await block.screenshot({ path: join(options.screenshots, `maps-${colorScheme}.png`) });
    }
  await page.emulateMedia({ media: "print" });
  if (!(await figure.locator("img").first().isVisible())) told(mapsPage, "on paper there is no plain picture");
  if (await figure.locator(".glass-stage").isVisible()) told(mapsPage, "the view in three dimensions is printed");
  await context.close();

  const plain = await browser.newContext({ javaScriptEnabled: false });
  const quiet = await plain.newPage();
  await quiet.goto(`${origin}/${mapsPage}`);
  if (!(await quiet.locator(`#${data.picture} img`).isVisible())) told(mapsPage, "without scripts there is no picture");
  if (!(await quiet.locator(".glass-fallback").isVisible())) told(mapsPage, "without scripts nothing says why");
  await plain.close();
} else if (!options.pages && !options.quick) told("book", "no page holds an interactive view");

// Sums over the pages that compute; of the first figure the median, and how many are too low.
function total() {
  const all = Object.entries(measured).filter(([name]) => name.startsWith("notebooks/")).map(([, one]) => one);
  const sum = (what) => all.reduce((whole, one) => whole + Number(one[what]), 0);
  const first = all.map((one) => one.firstFigure).filter((pixels) => pixels !== null).sort((a, b) => a - b);
  return {
    pages: all.length,
    ...Object.fromEntries(["tables", "openTables", "largeTables", "cells", "openCells", "code", "openCode", "finding", "figures",
      "words"].map((what) => [what, sum(what)])),
    firstFigureMedian: first[Math.floor(first.length / 2)] ?? null,
    firstFigureLate: first.filter((pixels) => pixels > FIRST_FIGURE).length,
  };
}
await browser.close();
server.close();
mkdirSync(work, { recursive: true });
writeFileSync(join(work, "report.json"), JSON.stringify({
  pages: pages.length, views: (options.quick ? 1 : 4) * pages.length, axe: counts, problems, totals: total(), measured,
}, null, 1) + "\n");
if (!options.quick) console.log(`${pages.length} pages, four ways each and from disk; axe-core by impact: ${
  ["critical", "serious", "moderate", "minor"].map((impact) => `${impact} ${counts[impact] ?? 0}`).join(", ")}`);
console.log(`pages that compute: ${JSON.stringify(total())}`);
console.log(`${problems.length} problems; report: ${relative(process.cwd(), join(work, "report.json"))}`);
process.exit(problems.length ? 1 : 0);
