// The clerk's console: what can be taken back is shown for as long as it can.
//
// [data-until="SECONDS"] with [data-left]: counts down, then hides without moving anything

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
