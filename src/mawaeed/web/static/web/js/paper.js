// Prints the paper ticket by itself, on a page as long as the ticket: a roll is not to be wasted.

const ROLL_MM = 80;
const MM_PER_PIXEL = 25.4 / 96;
const CUT_MM = 2;

const slip = document.querySelector(".paper");
await document.fonts.ready;
const length = Math.ceil(slip.offsetHeight * MM_PER_PIXEL) + CUT_MM;
const cut = new CSSStyleSheet();
cut.replaceSync(`@page { size: ${ROLL_MM}mm ${length}mm; margin: 0; }`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, cut];
document.body.dataset.paperLength = String(length);
print();
