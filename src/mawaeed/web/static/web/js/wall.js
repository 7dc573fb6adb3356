// The wall's code is another one every minute: fetched when the old one is about to be over.
// Where that fails the code is hidden, for it would lead nobody anywhere, and tried again.

const RETRY_MS = 5000;
const GOOD_FOR_MS = 60_000; // after its own minute the server still takes a code this long

const main = document.querySelector("[data-wall]");
let renewedAt = Date.now();
let secondsLeft = 60;
let timer;

function renewIn(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(renew, milliseconds);
}

function planNext() {
  secondsLeft = Number(main.querySelector("[data-seconds]").dataset.seconds);
  renewIn(secondsLeft * 1000 + 200);
}

async function renew() {
  try {
    const answer = await fetch(main.dataset.wall, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
    if (answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    main.innerHTML = await answer.text();
    renewedAt = Date.now();
    main.removeAttribute("data-stale");
    planNext();
  } catch {
    main.toggleAttribute("data-stale", Date.now() - renewedAt > secondsLeft * 1000 + GOOD_FOR_MS);
    renewIn(RETRY_MS);
  }
}

document.addEventListener("visibilitychange", () => document.hidden || renew());
planNext();
