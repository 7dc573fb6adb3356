// A shared screen forgets: after data-idle seconds without a touch it goes back to data-home.
// <body data-idle="20" data-home="/kiosk/CENTRE">; a keypad: <div class="keypad" data-keypad="FIELD-ID">.
// While nobody answers the screen stays and says so, but keeps nothing of whoever stood there.

import { forgetPress, isReachable, say } from "./press.js";

const TRY_EVERY = 2000;
const { idle, home } = document.body.dataset;
let timer;
let going = 0;

async function goTo(address, replace) {
  const mine = ++going;
  while (!(await isReachable())) {
    say("lost");
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY));
    if (mine !== going) return;
  }
  if (mine !== going) return;
  say("");
  if (replace) location.replace(address);
  else location.assign(address);
}

function goHome() {
  forgetPress();
  document.querySelectorAll("form").forEach((form) => form.reset());
  document.querySelector("main").classList.add("forgotten");
  goTo(home, true);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin) return;
  event.preventDefault();
  goTo(link.href, false);
});

document.addEventListener("submit", (event) => {
  if (event.target.method !== "get") return;
  event.preventDefault();
  const there = new URL(event.target.action);
  there.search = new URLSearchParams(new FormData(event.target));
  goTo(there.href, false);
});

function restart() {
  clearTimeout(timer);
  timer = setTimeout(goHome, Number(idle) * 1000);
}

if (idle && home) {
  for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, restart, { passive: true });
  restart();
  // A page brought back from the browser's memory would show the last visitor's data.
  addEventListener("pageshow", (event) => { if (event.persisted) goHome(); });
}

function showKeypads() {
  for (const pad of document.querySelectorAll("[data-keypad]")) pad.hidden = false;
}

showKeypads();
document.addEventListener("press:shown", showKeypads);
document.addEventListener("click", (event) => {
  const pad = event.target.closest?.("[data-keypad]");
  const field = pad && document.getElementById(pad.dataset.keypad);
  const { value } = event.target.closest?.("button") ?? {};
  if (!field || value === undefined) return;
  field.value = value === "back" ? field.value.slice(0, -1) : field.value + value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
