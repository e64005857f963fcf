// Opens folders to choose from, and keeps the list of the chosen ones. Without it the page is a plain form.
"use strict";
const browse = document.getElementById("browse"), tree = document.getElementById("tree");
const chosen = document.getElementById("chosen"), said = document.getElementById("said");
const blank = document.getElementById("chosen-folder"), wanted = document.getElementById("folder-name");

const idsChosen = () => [...chosen.querySelectorAll("input[name=folder]")].map((input) => input.value);

function showChosen() {
  const ids = new Set(idsChosen());
  for (const box of tree.querySelectorAll("input[data-folder]")) box.checked = ids.has(box.dataset.folder);
  document.getElementById("none-chosen").hidden = ids.size > 0;
}

function choose(id, name) {
  if (idsChosen().includes(id)) return;
  const item = blank.content.firstElementChild.cloneNode(true);
  item.querySelector("input").value = id;
  item.querySelector("span").textContent = name;
  const button = item.querySelector("button");
  button.value = id;
  button.querySelector("span").textContent = " " + name;
  chosen.append(item);
  document.querySelector("input[name=reach][value=chosen]").checked = true;
  said.textContent = name + " is chosen.";
}

function drop(id) {
  for (const item of [...chosen.children]) {
    if (item.querySelector("input").value === id) item.remove();
  }
  said.textContent = "Removed.";
}

async function load(into, query) {
  tree.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(browse.dataset.folders + "?" + new URLSearchParams(query), { headers: { accept: "text/html" } });
    if (answer.status === 401) { location.assign("/sign-in"); return false; }
    if (!answer.ok) throw new Error(String(answer.status));
    into.innerHTML = await answer.text();
  } catch {
    into.innerHTML = '<p class="problem" role="alert">The folders could not be loaded. Try again.</p>';
  } finally {
    tree.setAttribute("aria-busy", "false");
  }
  showChosen();
  return !into.querySelector(".problem");
}

async function toggle(button) {
  const below = button.parentElement.querySelector(".below");
  const opens = below.hidden;
  below.hidden = !opens;
  button.setAttribute("aria-expanded", String(opens));
  if (opens && !below.dataset.loaded && await load(below, { parent: button.dataset.parent })) below.dataset.loaded = "1";
}

async function more(button) {
  const query = { cursor: button.dataset.more };
  if (button.dataset.in) query.parent = button.dataset.in;
  if (button.dataset.nameBegins) query.name = button.dataset.nameBegins;
  const place = button.parentElement, next = document.createElement("div");
  if (!await load(next, query)) { place.append(next); return; }
  const items = [...next.querySelector("ul").children];
  place.replaceWith(...items);
  showChosen();
  items[0]?.querySelector("button, input")?.focus();
}

const start = () => load(tree, wanted.value.trim() ? { name: wanted.value.trim() } : {});

tree.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.parent) toggle(button);
  else if (button?.dataset.more) more(button);
});
tree.addEventListener("change", (event) => {
  const { folder, name } = event.target.dataset;
  if (event.target.checked) choose(folder, name); else drop(folder);
  showChosen();
});
chosen.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=remove]");
  if (!button) return;
  event.preventDefault();
  const next = button.parentElement.nextElementSibling ?? button.parentElement.previousElementSibling;
  drop(button.value);
  showChosen();
  (next?.querySelector("button") ?? browse.querySelector("summary")).focus();
});
browse.addEventListener("toggle", () => { if (browse.open && !tree.childElementCount) start(); });
document.getElementById("search").addEventListener("click", start);
wanted.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();  // the form is not to be sent
  start();
});
