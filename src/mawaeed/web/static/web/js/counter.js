// The clerk's console. A press is sent without leaving the page, so that a lost link loses nothing: the
// page stays, says so, and the same button may be pressed again; its key lets the server do it once.
//
// <section data-console>  [data-lost]: shown while the link is lost
// [data-until="SECONDS"] with [data-left]: counts down, then hides without moving anything

const lost = document.querySelector("[data-console] [data-lost]");
const TRY_FOR = 8000;
let sending = false;

function sayLost(isLost) {
  if (lost) lost.hidden = !isLost;
}

async function send(form, button) {
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TRY_FOR);
  const address = button?.getAttribute("formaction") || form.action;
  try {
    const answer = await fetch(address, {
      method: "POST", body, redirect: "manual", credentials: "same-origin", signal: stop.signal,
    });
    if (answer.type !== "opaqueredirect" && answer.status >= 500) throw new Error(String(answer.status));
    location.reload();
  } catch {
    sending = false;
    sayLost(true);
  } finally {
    clearTimeout(timer);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest(".console")) return;
  event.preventDefault();
  if (sending) return;
  sending = true;
  send(form, event.submitter);
});

document.addEventListener("live:shown", () => sayLost(false));

for (const part of document.querySelectorAll("[data-until]")) {
  const ends = Date.now() + Number(part.dataset.until) * 1000;
  const left = part.querySelector("[data-left]");
  const tick = () => {
    const seconds = Math.ceil((ends - Date.now()) / 1000);
    if (seconds > 0) left.textContent = String(seconds);
    else {
      clearInterval(timer);
      part.remove();
    }
  };
  const timer = setInterval(tick, 1000);
}
