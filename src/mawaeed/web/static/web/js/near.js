// "Near me": the browser's position, rounded to about a kilometre, goes in the body of a request,
// never in an address, and lives in this page only. Whoever does not share it chooses a governorate.

const DECIMALS = 2;
const PATIENCE_MS = 15000;
const NEAR = "near";

const asking = document.querySelector("form[data-near]");
const told = document.getElementById("near-told");
let place = null;

function say(what) {
  told.textContent = told.dataset[what];
}

// Ask for the times again, near the place; only what was found is exchanged.
async function show(fields = []) {
  const found = document.querySelector("[data-times]");
  const body = new URLSearchParams([...new FormData(asking), ...fields, ...Object.entries(place)]);
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(asking.action, { method: "POST", body });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    exchange(found, page.querySelector("[data-times]"));
    say("found");
  } catch {
    say("failed");
  } finally {
    found.removeAttribute("aria-busy");
  }
}

function exchange(found, fresh) {
  const focused = document.activeElement?.id;
  const scrolled = found.querySelector(".day-tabs")?.scrollLeft ?? 0;
  const choices = fresh.querySelector("details");
  if (choices) choices.open = found.querySelector("details").open;
  found.replaceChildren(...fresh.childNodes);
  const strip = found.querySelector(".day-tabs");
  if (strip) strip.scrollLeft = scrolled;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

asking?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!navigator.geolocation) return say("refused");
  say("asking");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      place = {
        latitude: coords.latitude.toFixed(DECIMALS),
        longitude: coords.longitude.toFixed(DECIMALS),
      };
      show(chosen());
    },
    () => say("refused"),
    { maximumAge: 600000, timeout: PATIENCE_MS },
  );
});

// What the finder's form says, except where: that is the place now.
function chosen(without = []) {
  const form = document.querySelector("form[data-finder]");
  return [...new FormData(form)].filter(([name]) => !["governorate", ...without].includes(name));
}

// Once the place is known, choices and days keep to it; another governorate or all of them end it.
document.addEventListener("submit", (event) => {
  if (!place || !event.target.matches("form[data-finder]")) return;
  if (new FormData(event.target).get("governorate") !== NEAR) return;
  event.preventDefault();
  show(chosen());
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-day]");
  if (!place || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show([...chosen(["day"]), ["day", link.dataset.day]]);
});
