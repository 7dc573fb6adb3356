// Tells how long the chosen time is still held: quietly while it runs, aloud only when it is over.
//
// <section id="hold" data-seconds="170"> with [data-left] filled, [data-held] shown until the end,
// and <template data-over> put into [data-over-told] then. data-gone="yes": nothing is left to confirm.

const ids = { hold: "hold", confirm: "confirm" };
let watched = null;

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function over(hold) {
  for (const part of hold.querySelectorAll("[data-held]")) part.hidden = true;
  const words = hold.querySelector("template[data-over]").content.cloneNode(true);
  hold.querySelector("[data-over-told]").append(words);
}

function watch(hold) {
  if (!hold || hold === watched) return;
  watched = hold;
  if (hold.dataset.gone === "yes") document.getElementById(ids.confirm)?.setAttribute("hidden", "");
  if (!hold.dataset.seconds) return;
  const end = Date.now() + Number(hold.dataset.seconds) * 1000;
  const left = hold.querySelector("[data-left]");
  const tick = () => {
    if (hold !== watched) return clearInterval(timer);
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = clock(seconds);
    if (seconds === 0) {
      clearInterval(timer);
      over(hold);
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
}

watch(document.getElementById(ids.hold));
document.addEventListener("htmx:afterSettle", () => watch(document.getElementById(ids.hold)));
