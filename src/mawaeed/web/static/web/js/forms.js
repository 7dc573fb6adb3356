// A form is sent once: the second press within eight seconds is swallowed and the button says so.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-repeat") || event.defaultPrevented) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 8000) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = String(Date.now());
  event.submitter?.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Print and copy need a browser that can; without it the buttons stay hidden.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The chosen day is brought into view inside its own strip, without moving the page.
for (const strip of document.querySelectorAll(".day-tabs")) {
  const chosen = strip.querySelector("[aria-current]");
  if (chosen) {
    const inside = chosen.getBoundingClientRect();
    const around = strip.getBoundingClientRect();
    strip.scrollLeft += inside.left + inside.width / 2 - (around.left + around.width / 2);
  }
}
