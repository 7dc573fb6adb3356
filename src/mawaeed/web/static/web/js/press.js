// A press survives a lost link: the forms inside [data-presses] are sent without leaving the page. While
// nobody answers the page stays, says so and sends the same press again, with the key of its form, so that
// it is done once at most; the same button pressed again does the same at once. Without scripts the forms
// are ordinary ones.
//
// [data-press-notice]  a hidden notice with one [data-say="lost|broken|long|back"] for each thing to say

const PATIENCE = 8000;
const AGAIN = 2000;
// A press older than this is not sent by itself any more: nobody expects it. The page then shows what is.
const KEPT_FOR = 60000;
const BACK = "press:back";
let press = null;

export function say(what) {
  const notice = document.querySelector("[data-press-notice]");
  if (!notice) return;
  for (const words of notice.querySelectorAll("[data-say]")) words.hidden = words.dataset.say !== what;
  notice.hidden = !what;
}

export function forgetPress() {
  clearTimeout(press?.timer);
  press = null;
  say("");
}

export async function isReachable() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: timeLimit() })).ok;
  } catch {
    return false;
  }
}

function timeLimit() {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), PATIENCE);
  return stop.signal;
}

function written(form, button) {
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
  return { body, address: new URL(address || location.href, location.href), began: Date.now(), busy: false };
}

const same = (one, other) =>
  one.address.href === other.address.href
  && new URLSearchParams(one.body).toString() === new URLSearchParams(other.body).toString();

async function send(mine) {
  mine.busy = true;
  clearTimeout(mine.timer);
  let answer;
  let text;
  try {
    answer = await fetch(mine.address, {
      method: "POST", body: mine.body, headers: { "X-Press": "1" }, credentials: "same-origin", signal: timeLimit(),
    });
    text = await answer.text();
  } catch {
    answer = null;
  }
  mine.busy = false;
  if (mine !== press) return;
  if (!answer || answer.status > 500) return lose(mine);
  press = null;
  if (answer.status === 500) return say("broken");
  say("");
  if (answer.headers.get("X-Go")) go(answer.headers.get("X-Go"));
  else show(text);
}

function lose(mine) {
  if (Date.now() - mine.began < KEPT_FOR) {
    say("lost");
    mine.timer = setTimeout(() => mine === press && !mine.busy && send(mine), AGAIN);
  } else {
    press = null;
    say("long");
    lookAgain();
  }
}

// Nobody knows whether the press arrived: once somebody answers, the page itself says what was done.
async function lookAgain() {
  if (press) return;
  if (!(await isReachable())) return setTimeout(lookAgain, AGAIN);
  sessionStorage.setItem(BACK, "1");
  location.reload();
}

function go(address) {
  const there = new URL(address, location.href);
  if (there.pathname === location.pathname && there.search === location.search) location.reload();
  else location.assign(there);
}

// A refusal comes as the page again, with its words.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return location.reload();
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = page.title;
  scrollTo(0, 0);
  main.querySelector("[role=alert]:not([hidden])")?.scrollIntoView({ block: "center" });
  main.querySelector("input:not([type=hidden])")?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("press:shown"));
}

// Before forms.js, which swallows a second press.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest("[data-presses]")) return;
  event.preventDefault();
  const next = written(form, event.submitter);
  if (press?.busy) return;
  if (press && same(press, next)) return void send(press);
  clearTimeout(press?.timer);
  press = next;
  send(press);
}, { capture: true });

addEventListener("pageshow", (event) => event.persisted && forgetPress());
if (sessionStorage.getItem(BACK)) {
  sessionStorage.removeItem(BACK);
  say("back");
}
