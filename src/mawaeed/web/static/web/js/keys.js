// One key, one verb: an element with data-key="n" is clicked when N is pressed outside a text field.
// The letter is matched by its place on the keyboard too, so that it works in the Arabic layout.

const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit]),textarea,select,[contenteditable]";

function matches(event, key) {
  const wanted = key.toLowerCase();
  if (event.key.toLowerCase() === wanted) return true;
  if (/^[a-z]$/.test(wanted)) return event.code === `Key${wanted.toUpperCase()}`;
  return /^[0-9]$/.test(wanted) && (event.code === `Digit${wanted}` || event.code === `Numpad${wanted}`);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target.closest?.(TYPING)) return;
  const targets = [...document.querySelectorAll("[data-key]")];
  const target = targets.find((element) => matches(event, element.dataset.key) && !element.disabled
    && element.getClientRects().length > 0);
  if (!target) return;
  event.preventDefault();
  target.focus({ preventScroll: true });
  target.click();
});
