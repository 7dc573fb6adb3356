// The hall's screen: says new calls aloud, keeps the clock, turns announcements, tells how old it is.
//
// The part that live.js refreshes brings [data-calls="MILLISECONDS NOW"] with one [data-call="KEY"] for
// each call of the last minute, oldest first; data-say-1, data-say-2 are the sounds of each language.

import { Sound, control } from "./sound.js";

const hall = document.getElementById("hall");
const told = document.querySelector("[data-told]");
const clock = document.querySelector("[data-clock]");
const lost = document.querySelector("[data-lost]");
const sound = new Sound();
const heard = new Set();
let ahead = 0;
let knownAt = Date.now();

function newCalls() {
  const found = [...hall.querySelectorAll("[data-call]")].filter((call) => !heard.has(call.dataset.call));
  for (const call of found) heard.add(call.dataset.call);
  return found;
}

function say(call) {
  const sentences = [call.dataset["say-1"], call.dataset["say-2"]].map((each) => each?.split(" ") ?? []);
  sound.say(sentences, [hall.dataset.chime]);
}

function setClock() {
  const shown = Number(hall.querySelector("[data-calls]")?.dataset.calls);
  if (shown) ahead = shown - Date.now();
}

function showClock() {
  if (!clock) return;
  const form = { timeZone: clock.dataset.clock, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  clock.textContent = new Intl.DateTimeFormat("en-GB", form).format(Date.now() + ahead);
}

function turnAnnouncements() {
  const items = [...hall.querySelectorAll(".board-news > *")];
  const turn = Math.floor((Date.now() + ahead) / 1000 / Number(hall.dataset.turn)) % (items.length || 1);
  items.forEach((item, place) => (item.hidden = place !== turn));
}

function ago(language, seconds) {
  const words = new Intl.RelativeTimeFormat(`${language}-u-nu-latn`);
  return seconds < 60 ? words.format(-seconds, "second") : words.format(-Math.floor(seconds / 60), "minute");
}

function showAge() {
  const stale = hall.hasAttribute("data-stale");
  knownAt = stale ? Number(hall.dataset.knownAt || knownAt) : Date.now();
  lost.hidden = !stale;
  for (const place of lost.querySelectorAll("[data-lost-ago]")) {
    place.textContent = ago(place.dataset.lostAgo, Math.round((Date.now() - knownAt) / 1000));
  }
}

function tick() {
  showClock();
  showAge();
  turnAnnouncements();
}

newCalls();
setClock();
tick();
setInterval(tick, 1000);
control(document.querySelector(".board-sound"), sound);
new MutationObserver(showAge).observe(hall, { attributes: true, attributeFilter: ["data-stale"] });
hall.addEventListener("live:shown", () => {
  setClock();
  tick();
  const calls = newCalls();
  calls.forEach(say);
  if (calls.length) told.replaceChildren(...calls.flatMap((call) => [...call.cloneNode(true).childNodes]));
});
// A browser that remembers "on" still waits for the first press of anything.
for (const press of ["pointerdown", "keydown"]) {
  addEventListener(press, (event) => {
    if (sound.state === "asleep" && !event.target.closest?.("[data-sound-press]")) sound.wake();
  });
}
