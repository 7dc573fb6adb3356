// Keeps a part of the page fresh: the stream only says "version N", the page fetches its own part.
//
// <section data-live="/live/TOPIC" data-fragment="/path/to/part" data-spread="800">…</section>
// data-version  the version the page was made with, if it knows; saves the first fetch
// data-every    also fetches every so many seconds, for parts that show minutes passing
// data-spread   the fetch waits a random time up to so many milliseconds (default 0)
// [data-age]    inside the section or naming it by data-age-of="ID": filled with how long ago the part was
//               known to be current: "now" while the link stands
// data-known-at milliseconds: when the part was last known to be current
// data-stale    set on the section while the link is lost; the style sheet makes that visible
//
// Lost is: the stream is broken, or says "away" (its server lost the database) for six seconds, or the part
// could not be fetched. What stands on the page stays.

const LOST_AFTER = 6000;
const language = document.documentElement.lang || "ar";
const ago = new Intl.RelativeTimeFormat(`${language}-u-nu-latn`, { numeric: "auto" });

function describeAge(seconds) {
  if (seconds < 5) return ago.format(0, "second");
  return seconds < 60 ? ago.format(-seconds, "second") : ago.format(-Math.floor(seconds / 60), "minute");
}

function isEditing(section) {
  const active = document.activeElement;
  if (!section.contains(active)) return false;
  if (active.tagName === "SELECT") return true;
  return /^(INPUT|TEXTAREA)$/.test(active.tagName) && active.value !== active.defaultValue;
}

function rememberFocus(section) {
  const active = document.activeElement;
  if (!section.contains(active)) return () => {};
  const key = active.getAttribute("data-key");
  const selector = active.id ? `#${CSS.escape(active.id)}` : key && `[data-key="${CSS.escape(key)}"]`;
  const place = selector ? -1 : [...section.querySelectorAll("a,button,input,select,textarea")].indexOf(active);
  return () => {
    const again = selector
      ? section.querySelector(selector)
      : section.querySelectorAll("a,button,input,select,textarea")[place];
    again?.focus({ preventScroll: true });
  };
}

class Section {
  constructor(element) {
    this.element = element;
    this.currentAt = Date.now();
    this.version = element.dataset.version ?? null;
    this.wanted = null;
    this.busy = false;
    this.retry = 1000;
    this.connect();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refreshLater(this.version);
    });
    const every = Number(element.dataset.every || 0) * 1000;
    if (every) setInterval(() => document.hidden || this.refreshLater(this.version), every);
  }

  connect() {
    this.stream = new EventSource(this.element.dataset.live);
    this.stream.onopen = () => this.find();
    this.stream.onmessage = (message) => this.hear(message.data);
    this.stream.addEventListener("away", () => this.lose());
    this.stream.addEventListener("back", () => {
      this.find();
      this.refreshLater(this.version);
    });
    this.stream.onerror = () => {
      this.lose();
      if (this.stream.readyState === EventSource.CLOSED) {
        setTimeout(() => this.connect(), (this.retry = Math.min(this.retry * 2, 30000)));
      }
    };
  }

  lose() {
    this.losing ??= setTimeout(() => {
      this.lost = true;
      this.setStale(true);
      this.showAge();
    }, LOST_AFTER);
  }

  find() {
    clearTimeout(this.losing);
    this.losing = null;
    this.lost = false;
    if (!this.failed) this.setStale(false);
  }

  hear(data) {
    let version = data;
    try {
      version = JSON.parse(data)?.version ?? data;
    } catch { /* a bare number is fine too */ }
    this.retry = 1000;
    if (String(version) !== String(this.version)) this.refreshLater(version);
  }

  refreshLater(version) {
    const spread = Number(this.element.dataset.spread || 0);
    setTimeout(() => this.refresh(version), Math.random() * spread);
  }

  afterTyping() {
    const again = () => this.wanted !== null && this.refresh(this.wanted || this.version);
    this.element.addEventListener("focusout", () => setTimeout(again), { once: true });
  }

  async refresh(version) {
    if (this.busy || isEditing(this.element)) {
      if (!this.busy && this.wanted === null) this.afterTyping();
      this.wanted = version ?? "";
      return;
    }
    this.busy = true;
    this.wanted = null;
    try {
      const address = new URL(this.element.dataset.fragment, location.href);
      if (version !== null) address.searchParams.set("v", version);
      if (String(version) === String(this.version)) address.searchParams.set("t", Date.now());
      const answer = await fetch(address, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.text(), version);
    } catch {
      this.failed = true;
      this.setStale(true);
      setTimeout(() => this.refresh(version), 3000 + Math.random() * 2000);
    } finally {
      this.busy = false;
    }
    if (this.wanted !== null && !this.failed) this.refresh(this.wanted || this.version);
  }

  show(markup, version) {
    const restore = rememberFocus(this.element);
    this.element.innerHTML = markup;
    globalThis.htmx?.process(this.element);
    restore();
    this.version = version;
    this.currentAt = Date.now();
    this.failed = false;
    this.setStale(Boolean(this.lost));
    this.element.dispatchEvent(new CustomEvent("live:shown", { bubbles: true, detail: { version } }));
    this.showAge();
  }

  setStale(stale) {
    this.element.dataset.knownAt = String(this.currentAt);
    this.element.toggleAttribute("data-stale", stale);
    const outside = this.element.id && document.querySelectorAll(`[data-age-of="${CSS.escape(this.element.id)}"]`);
    for (const note of outside || []) note.closest(".data-age")?.toggleAttribute("data-stale", stale);
  }

  showAge() {
    const linked = !this.losing && this.stream.readyState === EventSource.OPEN && !this.busy && this.wanted === null;
    if (linked && !this.element.hasAttribute("data-stale")) this.currentAt = Date.now();
    const seconds = Math.round((Date.now() - this.currentAt) / 1000);
    const own = [...this.element.querySelectorAll("[data-age]")];
    const named = this.element.id ? [...document.querySelectorAll(`[data-age-of="${CSS.escape(this.element.id)}"]`)] : [];
    for (const note of [...own, ...named]) note.textContent = describeAge(seconds);
  }
}

const sections = [...document.querySelectorAll("[data-live]")].map((element) => new Section(element));
if (sections.length) setInterval(() => sections.forEach((section) => section.showAge()), 5000);
