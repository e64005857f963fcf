// Fetches the live part of the page again when the server says that something is new.
"use strict";
const part = document.querySelector("[data-live]");
let busy = false, again = false;

async function refresh() {
  if (part.querySelector("details[open]")) return;  // somebody is about to decide something
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(part.dataset.live, { headers: { accept: "text/html" } });
    if (answer.status === 401) { location.assign("/sign-in"); return; }
    if (answer.ok) part.innerHTML = await answer.text();
  } finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}

if (part) {
  const source = new EventSource("/events");
  source.addEventListener("changed", refresh);
  source.addEventListener("open", refresh);  // what happened while the line was down
  setInterval(refresh, 10000);  // "3 min ago" grows old by itself
}
