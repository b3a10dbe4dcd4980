/* Seeing the glass: draws, in the reader's browser alone, what glasslib.figures.viewer put on a page.
 *
 * Each <script class="glass-data"> holds one Explorer. Two things are made of it:
 *   - maps of a slice, true and predicted, with sliders over z and time (canvas; Delaunay
 *     triangulation by delaunator, linear interpolation as in glasslib.figures.maps.slice_map);
 *   - the melt in three dimensions (3Dmol.js), one panel a field, one camera for all, in the place
 *     of the figure's plain picture, which stays for paper and for browsers without WebGL.
 * Both libraries lie beside this file and are loaded when a page needs them. */
(function () {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const loaded = window.glassLibraries || {}; // a page that holds them says so

  function load(name) {
    loaded[name] = loaded[name] || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = here + name;
      script.onload = resolve;
      script.onerror = () => reject(new Error(name + " could not be read"));
      document.head.append(script);
    });
    return loaded[name];
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  let counter = 0;
  function labelled(text, control) {
    control.id = "glass-" + ++counter;
    return element("div", { class: "glass-control" }, element("label", { for: control.id }, text), control);
  }

  function bytes(text) {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  }

  // ---------------------------------------------------------------------------------- the data
  function decode(data) {
    const palette = data.colours.match(/../g).map((pair) => parseInt(pair, 16));
    const views = data.views.map((view) => {
      const raw = new Uint16Array(bytes(view.positions).buffer);
      const positions = Float64Array.from(raw, (v, k) => view.low[k % 3] + (view.span[k % 3] * v) / 65535);
      const n = positions.length / 3;
      const all = bytes(view.values);
      const values = (field, time) => {
        const begin = (field * view.times.length + time) * n;
        const [low, high] = view.times[time].kept;
        return Float64Array.from(all.subarray(begin, begin + n), (v) => low + ((high - low) * v) / 255);
      };
      return Object.assign({}, view, { n, positions, values, bonds: new Uint16Array(bytes(view.bonds).buffer) });
    });
    const shade = (value, [low, high]) => {
      const place = 3 * Math.max(0, Math.min(255, Math.floor((256 * (value - low)) / (high - low))));
      return [palette[place], palette[place + 1], palette[place + 2]];
    };
    return Object.assign({}, data, { views, shade });
  }

  // ---------------------------------------------------------------------------------- the maps
  /* Interpolate linearly over the monomers of a slice and their periodic images; NaN outside. */
  function sliceMap(view, values, z, height, points) {
    const [lx, ly, lz] = view.box;
    const flat = [], field = [];
    for (let i = 0; i < view.n; i++) {
      let offset = view.positions[3 * i + 2] - z;
      offset -= lz * Math.round(offset / lz);
      if (Math.abs(offset) > height / 2) continue;
      const x = view.positions[3 * i] - lx * Math.floor(view.positions[3 * i] / lx);
      const y = view.positions[3 * i + 1] - ly * Math.floor(view.positions[3 * i + 1] / ly);
      for (let a = -1; a < 2; a++)
        for (let b = -1; b < 2; b++) {
          const u = x + a * lx, v = y + b * ly;
          if (u > -3 && u < lx + 3 && v > -3 && v < ly + 3) {
            flat.push(u, v);
            field.push(values[i]);
          }
        }
    }
    const grid = new Float64Array(points * points).fill(NaN);
    if (field.length < 3) return grid;
    const { triangles } = new Delaunator(flat);
    const dx = lx / (points - 1), dy = ly / (points - 1);
    for (let t = 0; t < triangles.length; t += 3) {
      const [p, q, r] = [triangles[t], triangles[t + 1], triangles[t + 2]];
      const x1 = flat[2 * p], y1 = flat[2 * p + 1], x2 = flat[2 * q], y2 = flat[2 * q + 1];
      const x3 = flat[2 * r], y3 = flat[2 * r + 1];
      const area = (y2 - y3) * (x1 - x3) + (x3 - x2) * (y1 - y3);
      const first = Math.max(0, Math.ceil(Math.min(y1, y2, y3) / dy));
      const last = Math.min(points - 1, Math.floor(Math.max(y1, y2, y3) / dy));
      const left = Math.max(0, Math.ceil(Math.min(x1, x2, x3) / dx));
      const right = Math.min(points - 1, Math.floor(Math.max(x1, x2, x3) / dx));
      for (let j = first; j <= last; j++)
        for (let i = left; i <= right; i++) {
          const x = i * dx, y = j * dy;
          const a = ((y2 - y3) * (x - x3) + (x3 - x2) * (y - y3)) / area;
          const b = ((y3 - y1) * (x - x3) + (x1 - x3) * (y - y3)) / area;
          if (a >= -1e-9 && b >= -1e-9 && a + b <= 1 + 1e-9)
            grid[j * points + i] = a * field[p] + b * field[q] + (1 - a - b) * field[r];
        }
    }
    return grid;
  }

  function paint(canvas, grid, points, bounds, shade) {
    canvas.width = canvas.height = points;
    const context = canvas.getContext("2d");
    const image = context.createImageData(points, points);
    for (let j = 0; j < points; j++)
      for (let i = 0; i < points; i++) {
        const value = grid[j * points + i];
        if (Number.isNaN(value)) continue;
        const [red, green, blue] = shade(value, bounds);
        image.data.set([red, green, blue, 255], 4 * ((points - 1 - j) * points + i));
      }
    context.putImageData(image, 0, 0);
  }

  function colourBar(data) {
    const canvas = element("canvas", { class: "glass-bar", width: 256, height: 1, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    const image = context.createImageData(256, 1);
    for (let i = 0; i < 256; i++) image.data.set([...data.shade(i + 0.5, [0, 256]), 255], 4 * i);
    context.putImageData(image, 0, 0);
    const low = element("span"), high = element("span");
    const node = element("div", { class: "glass-scale" }, low, canvas, high);
    return {
      node,
      set([from, to]) {
        low.textContent = "≤ " + from.toPrecision(3) + " σ";
        high.textContent = "≥ " + to.toPrecision(3) + " σ";
      },
    };
  }

  function temperatureChoice(data) {
    const choice = element("select");
    data.views.forEach((view, k) => choice.append(element("option", { value: k }, view.temperature)));
    choice.value = data.show;
    return choice;
  }

  function slider(max, step, value) {
    return element("input", { type: "range", min: 0, max, step, value });
  }

  function maps(data, block) {
    const points = 120;
    const temperature = temperatureChoice(data);
    const z = slider(1, 0.25, 0), time = slider(1, 1, 0);
    const zText = element("output"), timeText = element("output");
    const told = element("p", { class: "glass-told", role: "status" });
    const bar = colourBar(data);
    const panels = data.titles.map((title) => {
      const canvas = element("canvas", { role: "img", "aria-label": title });
      const node = element(
        "div", { class: "glass-panel" },
        element("div", { class: "glass-title", "aria-hidden": "true" }, title), canvas,
        element("div", { class: "glass-axis", "aria-hidden": "true" }, element("span", {}, "0"),
          element("span", {}, "x →, y ↑ (σ)"), element("span", { class: "glass-edge" })),
      );
      return { node, canvas, edge: node.querySelector(".glass-edge") };
    });
    const zBox = labelled("z (σ)", z), timeBox = labelled("t (τ)", time);
    zBox.append(zText);
    timeBox.append(timeText);
    zText.setAttribute("for", z.id);
    timeText.setAttribute("for", time.id);

    function draw() {
      const view = data.views[temperature.value], moment = view.times[time.value];
      const height = Number(z.value);
      zText.textContent = height.toFixed(2);
      timeText.textContent = moment.label;
      z.setAttribute("aria-valuetext", height.toFixed(2) + " σ");
      time.setAttribute("aria-valuetext", moment.label + " τ");
      bar.set(moment.colours);
      panels.forEach(({ canvas, edge }, field) => {
        const grid = sliceMap(view, view.values(field, Number(time.value)), height, data.height, points);
        paint(canvas, grid, points, moment.colours, data.shade);
        const real = grid.filter((value) => !Number.isNaN(value));
        const least = real.reduce((a, b) => Math.min(a, b), Infinity);
        const most = real.reduce((a, b) => Math.max(a, b), -Infinity);
        canvas.setAttribute("aria-label",
          `Map of the propensity, ${data.titles[field]}, at t = ${moment.label} in the slice at z = ` +
          `${height.toFixed(2)} σ: from ${least.toPrecision(3)} to ${most.toPrecision(3)} σ.`);
        edge.textContent = view.box[0].toFixed(1);
        canvas.glassGrid = grid; // for tests
      });
      const known = Object.entries(moment.rho); // none where no truth is known
      told.textContent = known.length === 0 ? "" : "Correlation with the truth over all monomers at this time, training rows included: " +
        known.map(([name, rho]) => `${name} ${rho.toFixed(2)}`).join(", ") + ".";
    }
    function restart() {
      const view = data.views[temperature.value];
      z.max = (Math.floor((view.box[2] - 1e-9) / 0.25) * 0.25).toFixed(2);
      z.value = view.box[2] / 2;
      time.max = view.times.length - 1;
      time.value = view.tau;
      draw();
    }
    temperature.addEventListener("change", restart);
    z.addEventListener("input", draw);
    time.addEventListener("input", draw);
    block.append(
      element("div", { class: "glass-controls" }, labelled("T (ε/k_B)", temperature), zBox, timeBox),
      element("div", { class: "glass-panels" }, ...panels.map((panel) => panel.node)),
      bar.node, told);
    restart();
  }

  // --------------------------------------------------------------------------- three dimensions
  function webgl() {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  }

  function melt(data, figure) {
    const picture = figure.querySelector("img");
    const stage = element("div", { class: "glass-stage", role: "group", "aria-label":
      "The melt in three dimensions, coloured by propensity: " + data.titles.join(", ") });
    const temperature = temperatureChoice(data);
    const time = slider(1, 1, 0), timeText = element("output");
    const chosen = element("select");
    for (const [value, text] of [["all", "all monomers"], ["most", "most mobile tenth"], ["least", "least mobile tenth"]])
      chosen.append(element("option", { value }, text));
    const timeBox = labelled("t (τ)", time);
    timeBox.append(timeText);
    timeText.setAttribute("for", time.id);
    const bar = colourBar(data);
    const panels = data.titles.map((title) => {
      const place = element("div", { class: "glass-canvas" });
      return { title, place, node: element("div", { class: "glass-panel" },
        element("div", { class: "glass-title", "aria-hidden": "true" }, title), place) };
    });
    const buttons = element("div", { class: "glass-buttons", role: "group", "aria-label": "Move the camera of all views" });
    const swap = element("button", { type: "button", class: "glass-swap" }, "Show the plain picture");
    stage.append(
      element("div", { class: "glass-controls" }, labelled("T (ε/k_B)", temperature), timeBox, labelled("show", chosen)),
      element("div", { class: "glass-panels" }, ...panels.map((panel) => panel.node)), buttons, bar.node);
    picture.before(stage);
    picture.after(swap);
    figure.classList.add("glass-live");
    swap.addEventListener("click", () => {
      const live = figure.classList.toggle("glass-live");
      swap.textContent = live ? "Show the plain picture" : "Show it in three dimensions";
    });

    const viewers = panels.map(({ place }) =>
      $3Dmol.createViewer(place, { backgroundAlpha: 0, backgroundColor: "white", antialias: true, disableFog: false }));
    viewers.forEach((viewer) => viewers.forEach((other) => viewer !== other && viewer.linkViewer(other)));
    panels.forEach(({ place, title }) => {
      const canvas = place.querySelector("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `The melt in three dimensions, coloured by propensity: ${title}`);
      // The wheel scrolls the page; with Ctrl it zooms, as pinching does.
      place.addEventListener("wheel", (event) => { if (!event.ctrlKey) event.stopPropagation(); }, true);
    });

    let shown = null;
    function colour() {
      const view = data.views[temperature.value], k = Number(time.value), moment = view.times[k];
      timeText.textContent = moment.label;
      time.setAttribute("aria-valuetext", moment.label + " τ");
      bar.set(moment.colours);
      viewers.forEach((viewer, field) => {
        const values = view.values(field, k);
        const sorted = Float64Array.from(values).sort();
        const tenth = Math.floor(view.n / 10);
        const keep = {
          all: () => true,
          most: (value) => value >= sorted[view.n - tenth],
          least: (value) => value <= sorted[tenth - 1],
        }[chosen.value];
        const paint = (atom) => {
          const [red, green, blue] = data.shade(values[atom.serial], moment.colours);
          return (red << 16) + (green << 8) + blue;
        };
        const serials = Array.from(values.keys()).filter((i) => keep(values[i]));
        viewer.setStyle({}, { stick: { radius: data.bond * 0.6, colorfunc: () => 0x8a8a8a } });
        viewer.setStyle({ serial: serials }, {
          stick: { radius: data.bond, colorfunc: paint },
          sphere: { radius: data.radius, colorfunc: paint },
        });
        viewer.render();
      });
      panels.forEach(({ place, title }) => place.querySelector("canvas").setAttribute("aria-label",
        `The melt in three dimensions at T = ${view.temperature}, ${chosen.selectedOptions[0].text}, coloured by ` +
        `the propensity at t = ${moment.label}: ${title}`));
    }
    function build() {
      const view = data.views[temperature.value];
      time.max = view.times.length - 1;
      time.value = view.tau;
      const camera = shown === null ? null : viewers[0].getView();
      shown = view;
      viewers.forEach((viewer) => {
        viewer.removeAllModels();
        viewer.removeAllShapes();
        const model = viewer.addModel();
        const atoms = Array.from({ length: view.n }, (_, i) => ({
          elem: "C", serial: i, index: i, bonds: [], bondOrder: [],
          x: view.positions[3 * i], y: view.positions[3 * i + 1], z: view.positions[3 * i + 2],
        }));
        for (let b = 0; b < view.bonds.length; b += 2) {
          const i = view.bonds[b], j = view.bonds[b + 1];
          atoms[i].bonds.push(j);
          atoms[j].bonds.push(i);
          atoms[i].bondOrder.push(1);
          atoms[j].bondOrder.push(1);
        }
        model.addAtoms(atoms);
        const [w, d, h] = view.box;
        viewer.addBox({
          center: { x: w / 2, y: d / 2, z: h / 2 }, dimensions: { w, h: d, d: h }, color: "gray", wireframe: true,
        });
      });
      colour();
      if (camera) viewers[0].setView(camera);
      else reset();
    }
    function reset() {
      viewers[0].zoomTo();
      viewers[0].rotate(-90, "x");
      viewers[0].rotate(-30, "y");
      viewers[0].rotate(20, "x");
      viewers[0].zoom(0.95);
      viewers[0].render();
    }
    const move = {
      "turn left": ["←", () => viewers[0].rotate(-15, "vy")],
      "turn right": ["→", () => viewers[0].rotate(15, "vy")],
      "tilt up": ["↑", () => viewers[0].rotate(-15, "vx")],
      "tilt down": ["↓", () => viewers[0].rotate(15, "vx")],
      "zoom in": ["+", () => viewers[0].zoom(1.2)],
      "zoom out": ["−", () => viewers[0].zoom(1 / 1.2)],
      "start again": ["⟲", reset],
    };
    for (const [name, [sign, act]] of Object.entries(move)) {
      const button = element("button", { type: "button", "aria-label": name, title: name }, sign);
      button.addEventListener("click", act);
      buttons.append(button);
    }
    temperature.addEventListener("change", build);
    time.addEventListener("input", colour);
    chosen.addEventListener("change", colour);
    build();
    figure.glassViewers = viewers; // for tests
  }

  // -------------------------------------------------------------------------------------- start
  function whenSeen(node, act) {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        observer.disconnect();
        act();
      }
    }, { rootMargin: "300px" });
    observer.observe(node);
  }

  async function start(script) {
    const data = decode(JSON.parse(script.textContent));
    const block = script.parentElement;
    await load("delaunator.min.js");
    maps(data, block);
    block.classList.add("glass-live");
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", "Maps of the propensity in any slice and at any time");
    const figure = document.getElementById(data.picture);
    if (figure && figure.querySelector("img") && webgl())
      whenSeen(figure, () => load("3Dmol-min.js").then(() => melt(data, figure)).catch(console.error));
  }

  function startAll() {
    document.querySelectorAll("script.glass-data").forEach((script) => start(script).catch(console.error));
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
