// A shared screen forgets: after data-idle seconds without a touch it goes back to data-home.
// <body data-idle="20" data-home="/kiosk/CENTRE">; a keypad: <div class="keypad" data-keypad="FIELD-ID">.

const { idle, home } = document.body.dataset;
let timer;

function goHome() {
  document.querySelectorAll("form").forEach((form) => form.reset());
  location.replace(home);
}

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

for (const pad of document.querySelectorAll("[data-keypad]")) {
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const field = document.getElementById(pad.dataset.keypad);
    const { value } = event.target.closest("button") ?? {};
    if (!field || value === undefined) return;
    field.value = value === "back" ? field.value.slice(0, -1) : field.value + value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
