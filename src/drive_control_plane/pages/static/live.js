// Keeps the live parts of a page as the server has them. A part is an element with
//   data-live="/fragments/..."  where it comes from; that of a connection follows this connection's changes only
//   data-later                  it is not in the page yet: fetch it once the page is there
//   data-pace="2000"            milliseconds between two fetches at least (500)
//   data-every="60"             seconds after which it is fetched without news, too (10; with data-later never)
// A part in which somebody is reading details, choosing or typing waits until they are done. Inside of it, a link with
// data-here="/fragments/..." changes where the part comes from, and data-says="..." is told to screen readers when it
// is another than before.
"use strict";
(() => {
  const AWAY_MS = 3000, MOST_AWAY_MS = 60000;
  const parts = [...document.querySelectorAll("[data-live]")].map((element) => ({
    element, isLoaded: !("later" in element.dataset), fetchedAt: performance.now(), timer: null, isBusy: false, isDue: false,
    pace: Number(element.dataset.pace ?? 500), every: Number(element.dataset.every ?? ("later" in element.dataset ? 0 : 10)),
    said: said(element),
  }));
  const statusLine = document.querySelector("[data-said]");
  const awayLine = document.querySelector("[data-away]");
  let line = null, awayTimer = null, wasOpen = false, againMs = AWAY_MS;

  function said(element) {
    return element.querySelector("[data-says]")?.dataset.says;
  }

  function connectionOf(part) {
    return part.element.dataset.live.match(/^\/fragments\/connections\/([^/?]+)/)?.[1];
  }

  function isInUse(element) {
    const focused = document.activeElement, selection = getSelection();
    const isFilledIn = element.contains(focused) && focused.matches("input:not([type=hidden]), select, textarea");
    const isSelected = !selection.isCollapsed && element.contains(selection.anchorNode);
    return isFilledIn || isSelected || element.querySelector("details[open]") !== null;
  }

  function soon(part, milliseconds = 0) {
    if (part.isBusy || part.timer !== null) { part.isDue ||= part.isBusy; return; }
    const wait = part.isLoaded ? part.fetchedAt + part.pace - performance.now() : 0;
    part.timer = setTimeout(() => { part.timer = null; refresh(part); }, Math.max(milliseconds, wait, 0));
  }

  async function refresh(part) {
    if (document.hidden || (part.isLoaded && isInUse(part.element))) { part.isDue = true; return; }
    const address = part.element.dataset.live;
    part.isBusy = true;
    part.isDue = false;
    part.fetchedAt = performance.now();
    try {
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      if (answer.status === 401) { location.assign("/sign-in"); return; }
      const text = answer.ok ? await answer.text() : null;
      if (address !== part.element.dataset.live || (part.isLoaded && isInUse(part.element))) part.isDue = true;
      else if (text !== null) show(part, text);
      else failed(part);
    } catch {
      failed(part);
    } finally {
      part.isBusy = false;
      if (part.isDue && !isInUse(part.element)) soon(part);
    }
  }

  function failed(part) {
    if (part.isLoaded) return;  // what is there is told to be old by the line above it
    part.element.textContent = "This part cannot be shown now. It is tried again.";
    soon(part, 10000);
  }

  function show(part, text) {
    const place = placeOf(part.element, document.activeElement);
    part.element.innerHTML = text;
    part.isLoaded = true;
    if (place) part.element.querySelector(place)?.focus({ preventScroll: true });
    const words = said(part.element);
    if (statusLine && words && words !== part.said) statusLine.textContent = words;
    part.said = words;
  }

  function placeOf(element, focused) {
    if (!element.contains(focused)) return null;
    if (focused.id) return `#${CSS.escape(focused.id)}`;
    if (focused.matches("a[href]")) return `a[href="${CSS.escape(focused.getAttribute("href"))}"]`;
    if (focused.matches("button") && focused.form) return `form[action="${CSS.escape(focused.form.getAttribute("action"))}"] button`;
    return focused.matches("summary") ? "summary" : null;
  }

  function connect() {
    line = new EventSource("/events");
    line.addEventListener("changed", (event) => {
      parts.filter((part) => [undefined, event.data].includes(connectionOf(part))).forEach((part) => soon(part));
    });
    line.addEventListener("open", () => {  // what happened while there was no line
      clearTimeout(awayTimer);
      awayTimer = null;
      againMs = AWAY_MS;
      if (awayLine) awayLine.hidden = true;
      parts.filter((part) => wasOpen || part.isLoaded).forEach((part) => soon(part));
      wasOpen = true;
    });
    line.addEventListener("error", () => {
      awayTimer ??= setTimeout(() => { if (awayLine) awayLine.hidden = false; }, AWAY_MS);
      if (line.readyState !== EventSource.CLOSED) return;  // the browser comes back by itself
      setTimeout(() => { if (!document.hidden) reconnect(); }, againMs);  // refused: perhaps too many are open
      againMs = Math.min(2 * againMs, MOST_AWAY_MS);
    });
  }

  function reconnect() {
    line?.close();
    connect();
  }

  function follow(event) {
    const link = event.target.closest("a[data-here]");
    const part = link && parts.find((each) => each.element.contains(link));
    if (!part || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const address = new URL(location.href);
    new URLSearchParams(link.search).forEach((value, name) => address.searchParams.set(name, value));
    history.replaceState(null, "", address);
    part.element.dataset.live = link.dataset.here;
    part.fetchedAt = -Infinity;  // somebody waits for it
    clearTimeout(part.timer);
    part.timer = null;
    soon(part);
  }

  if (parts.length === 0) return;
  connect();
  parts.filter((part) => !part.isLoaded).forEach((part) => soon(part));
  setInterval(() => {
    for (const part of parts) {
      if (part.every > 0 && performance.now() - part.fetchedAt >= part.every * 1000) soon(part);
    }
  }, 1000);
  document.addEventListener("click", follow);
  // A part that was in use is fetched when it no longer is; `toggle` does not bubble.
  for (const kind of ["focusout", "toggle"]) {
    document.addEventListener(kind, () => setTimeout(() => parts.filter((part) => part.isDue).forEach((part) => soon(part))), true);
  }
  // Browsers allow few lines to one server: pages that nobody sees leave theirs to those that somebody does.
  document.addEventListener("visibilitychange", () => { if (document.hidden) line.close(); else reconnect(); });
})();
