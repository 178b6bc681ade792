// Makes the pages quicker; all of them work without. Nothing here talks to any other host.
"use strict";
(() => {
  const DRAFT = "verifier-draft:";
  const typing = (node) => node.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
  const find = (selector) => document.querySelector(selector);

  // ---- drafts: what was typed survives a lost login and a lost network, in this tab only
  const keepDraft = (area) => {
    if (area.value.trim()) sessionStorage.setItem(DRAFT + area.dataset.draft, area.value);
    else sessionStorage.removeItem(DRAFT + area.dataset.draft);
  };
  const restoreDrafts = () => {
    for (const area of document.querySelectorAll("textarea[data-draft]")) {
      const kept = sessionStorage.getItem(DRAFT + area.dataset.draft);
      if (kept && !area.value) area.value = kept;
    }
  };
  const dropDraft = (form) => {
    for (const area of form.querySelectorAll("textarea[data-draft]")) sessionStorage.removeItem(DRAFT + area.dataset.draft);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-draft]")) keepDraft(event.target);
  });

  // ---- sending: forms go by fetch, so that an answer which is not the page loses nothing
  const tell = (message, withLogin) => {
    const box = find("#offline");
    box.textContent = message;
    if (withLogin) {
      const link = document.createElement("a");
      link.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
      link.textContent = box.dataset.login;
      box.append(" ", link);
    }
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (new URL(xhr.responseURL || location.href).pathname === "/login" && location.pathname !== "/login") {
      event.detail.shouldSwap = false;
      tell(find("#offline").dataset.expired, true);
    } else if (xhr.status === 403) {
      // Another login has begun in another tab: this page's forms are the old one's.
      event.detail.shouldSwap = false;
      tell(find("#offline").dataset.expired, true);
    } else {
      const form = event.detail.requestConfig && event.detail.requestConfig.elt;
      if (xhr.status < 400 && form && form.matches("form")) dropDraft(form);
    }
  });
  for (const lost of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(lost, () => tell(find("#offline").dataset.lost, false));
  }
  const boost = () => {
    for (const node of document.querySelectorAll("form[action^='/review'], form[data-quick], .v-matter-head a, .v-queue a")) {
      node.setAttribute("hx-boost", "true");
      node.setAttribute("hx-target", "body");
    }
    htmx.process(document.body);
  };

  // ---- reasons to start from
  const showStarts = () => {
    const chosen = find("#decision input[name=verdict]:checked");
    const box = find("[data-starts]");
    if (!box) return;
    box.hidden = !chosen;
    for (const button of box.querySelectorAll("button")) button.hidden = !chosen || button.dataset.for !== chosen.value;
  };
  const takeStart = (button) => {
    const area = find("#why");
    area.value = button.dataset.text;
    keepDraft(area);
    area.focus();
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#decision input[name=verdict]")) showStarts();
    if (event.target.matches("[data-slide]")) slide(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-starts] button");
    if (button) takeStart(button);
  });

  // ---- keys
  let row = -1;
  const moveRow = (step) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return false;
    row = Math.min(Math.max(row + step, 0), rows.length - 1);
    rows.forEach((one, place) => one.classList.toggle("v-current", place === row));
    rows[row].querySelector("a").focus();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const decision = find("#decision");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && decision && decision.contains(event.target)) {
      event.preventDefault();
      decision.requestSubmit();
      return;
    }
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const zoom = event.target.closest("[data-zoom]");
    if (zoom && moveByKey(zoom, event.key)) { event.preventDefault(); return; }
    if ((event.key === "j" || event.key === "k") && find("[data-row]")) { if (moveRow(event.key === "j" ? 1 : -1)) event.preventDefault(); return; }
    if (/^[1-9]$/.test(event.key)) {
      const offered = [...document.querySelectorAll("[data-starts] button:not([hidden])")][Number(event.key) - 1];
      if (offered) { event.preventDefault(); takeStart(offered); }
      return;
    }
    if (event.key === "Enter" && event.target !== document.body && !event.target.matches("#main")) return;
    const wanted = [...document.querySelectorAll("[data-key]")].find((node) => node.dataset.key === event.key);
    if (!wanted) return;
    event.preventDefault();
    wanted.click();
    if (wanted.matches("input[type=radio]")) { showStarts(); if (!find("[data-starts] button:not([hidden])")) find("#why").focus(); }
  });

  // ---- zoom and pan
  const views = new WeakMap();
  const draw = (box) => {
    const view = views.get(box);
    box.querySelector(".v-layers").style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  };
  const zoomTo = (box, factor, x, y) => {
    const view = views.get(box);
    const scale = Math.min(Math.max(view.scale * factor, 1), 12);
    view.x = x - (x - view.x) * (scale / view.scale);
    view.y = y - (y - view.y) * (scale / view.scale);
    view.scale = scale;
    keepInside(box);
  };
  const keepInside = (box) => {
    const view = views.get(box);
    view.x = Math.min(0, Math.max(view.x, box.clientWidth * (1 - view.scale)));
    view.y = Math.min(0, Math.max(view.y, box.clientHeight * (1 - view.scale)));
    draw(box);
  };
  const moveByKey = (box, key) => {
    const view = views.get(box);
    const step = 60;
    if (key === "+" || key === "=") zoomTo(box, 1.4, box.clientWidth / 2, box.clientHeight / 2);
    else if (key === "-") zoomTo(box, 1 / 1.4, box.clientWidth / 2, box.clientHeight / 2);
    else if (key === "0") { Object.assign(view, { x: 0, y: 0, scale: 1 }); draw(box); }
    else if (key === "ArrowLeft") { view.x += step; keepInside(box); }
    else if (key === "ArrowRight") { view.x -= step; keepInside(box); }
    else if (key === "ArrowUp") { view.y += step; keepInside(box); }
    else if (key === "ArrowDown") { view.y -= step; keepInside(box); }
    else return false;
    return true;
  };
  const startZoom = (box) => {
    if (views.has(box)) return;
    views.set(box, { x: 0, y: 0, scale: 1 });
    box.addEventListener("wheel", (event) => {
      const bounds = box.getBoundingClientRect();
      if (!event.ctrlKey && document.activeElement !== box) return; // a page that scrolls by must not get caught
      event.preventDefault();
      zoomTo(box, event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - bounds.left, event.clientY - bounds.top);
    }, { passive: false });
    let from = null;
    box.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; box.setPointerCapture(event.pointerId); });
    box.addEventListener("pointermove", (event) => {
      if (!from) return;
      const view = views.get(box);
      view.x += event.clientX - from[0];
      view.y += event.clientY - from[1];
      from = [event.clientX, event.clientY];
      keepInside(box);
    });
    box.addEventListener("pointerup", () => { from = null; });
    box.addEventListener("dblclick", (event) => {
      const bounds = box.getBoundingClientRect();
      zoomTo(box, 2, event.clientX - bounds.left, event.clientY - bounds.top);
    });
  };

  // ---- two photos, one over the other
  const slide = (control) => {
    const upper = find(".v-slide img + img");
    if (upper) upper.style.clipPath = `inset(0 0 0 ${control.value}%)`;
  };
  document.addEventListener("input", (event) => { if (event.target.matches("[data-slide]")) slide(event.target); });

  const start = () => {
    restoreDrafts();
    boost();
    showStarts();
    row = -1;
    document.querySelectorAll("[data-zoom]").forEach(startZoom);
    document.querySelectorAll("[data-slide]").forEach(slide);
    for (const note of document.querySelectorAll("[data-undo-seconds]")) {
      setTimeout(() => note.remove(), Number(note.dataset.undoSeconds) * 1000);
    }
  };
  document.addEventListener("htmx:afterSettle", () => {
    // htmx gives the focus back to a field of the same name: on the next case keys are commands again.
    if (typing(document.activeElement)) document.activeElement.blur();
    start();
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
