// The ticket's page: a call moves the phone, changes the title and, once it was pressed for, rings.
//
// The part that live.js refreshes begins with [data-ticket="STATE"][data-calls="N"][data-title].

import { Sound, control } from "./sound.js";

const page = document.getElementById("ticket");
const box = document.querySelector(".ticket-sound");
const sound = new Sound();
const site = document.title.slice(page.querySelector("[data-title]").dataset.title.length);
let seen = callOf(page);

// Which call this is; nothing unless called.
function callOf(element) {
  const { ticket, calls } = element.querySelector("[data-ticket]").dataset;
  return ticket === "called" ? calls : "";
}

control(box, sound);
page.addEventListener("live:shown", () => {
  document.title = page.querySelector("[data-title]").dataset.title + site;
  const call = callOf(page);
  if (call && call !== seen) {
    navigator.vibrate?.([400, 150, 400, 150, 800]);
    sound.say([[box.dataset.chime], [box.dataset.chime]]);
    page.scrollIntoView({ block: "start" });
  }
  seen = call;
});
// A browser that remembers "on" still waits for the first press of anything.
addEventListener("pointerdown", (event) => {
  if (sound.state === "asleep" && !event.target.closest?.("[data-sound-press]")) sound.wake();
});
