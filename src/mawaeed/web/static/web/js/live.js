// Keeps a part of the page fresh: the stream only says "version N", the page fetches its own part.
//
// <section data-live="/live/TOPIC" data-fragment="/path/to/part" data-spread="800">…</section>
// data-spread   the fetch waits a random time up to so many milliseconds (default 0)
// [data-age]    inside the section or naming it by data-age-of="ID": filled with "5 seconds ago"
// data-stale    set on the section while the link is lost; the style sheet makes that visible

const LOST_AFTER = 6000;
const language = document.documentElement.lang || "ar";
const ago = new Intl.RelativeTimeFormat(`${language}-u-nu-latn`, { numeric: "always" });

function describeAge(seconds) {
  return seconds < 60 ? ago.format(-seconds, "second") : ago.format(-Math.floor(seconds / 60), "minute");
}

function isEditing(section) {
  const active = document.activeElement;
  return section.contains(active) && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName)
    && active.value !== (active.defaultValue ?? active.value);
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
    this.fetchedAt = Date.now();
    this.version = null;
    this.wanted = null;
    this.busy = false;
    this.retry = 1000;
    this.connect();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refresh(this.version ?? Date.now());
    });
  }

  connect() {
    this.stream = new EventSource(this.element.dataset.live);
    this.stream.onopen = () => {
      clearTimeout(this.losing);
      this.losing = null;
      if (this.dropped) this.refresh(Date.now());
      this.dropped = false;
      this.setStale(false);
    };
    this.stream.onmessage = (message) => this.hear(message.data);
    this.stream.onerror = () => {
      this.dropped = true;
      this.losing ??= setTimeout(() => this.setStale(true), LOST_AFTER);
      if (this.stream.readyState === EventSource.CLOSED) {
        setTimeout(() => this.connect(), (this.retry = Math.min(this.retry * 2, 30000)));
      }
    };
  }

  hear(data) {
    let version = data;
    try {
      version = JSON.parse(data)?.version ?? data;
    } catch { /* a bare number is fine too */ }
    this.retry = 1000;
    if (String(version) === String(this.version)) {
      this.fetchedAt = Date.now();
      return;
    }
    const spread = Number(this.element.dataset.spread || 0);
    setTimeout(() => this.refresh(version), Math.random() * spread);
  }

  async refresh(version) {
    if (this.busy || isEditing(this.element)) {
      this.wanted = version;
      if (!this.busy) this.element.addEventListener("focusout", () => this.refresh(this.wanted), { once: true });
      return;
    }
    this.busy = true;
    this.wanted = null;
    try {
      const address = new URL(this.element.dataset.fragment, location.href);
      address.searchParams.set("v", version);
      const answer = await fetch(address, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.text(), version);
    } catch {
      this.setStale(true);
      setTimeout(() => this.refresh(version), 3000 + Math.random() * 2000);
    } finally {
      this.busy = false;
    }
    if (this.wanted !== null) this.refresh(this.wanted);
  }

  show(markup, version) {
    const restore = rememberFocus(this.element);
    this.element.innerHTML = markup;
    globalThis.htmx?.process(this.element);
    restore();
    this.version = version;
    this.fetchedAt = Date.now();
    this.setStale(false);
    this.element.dispatchEvent(new CustomEvent("live:shown", { bubbles: true, detail: { version } }));
    this.showAge();
  }

  setStale(stale) {
    this.element.toggleAttribute("data-stale", stale);
    const outside = this.element.id && document.querySelectorAll(`[data-age-of="${CSS.escape(this.element.id)}"]`);
    for (const note of outside || []) note.closest(".data-age")?.toggleAttribute("data-stale", stale);
  }

  showAge() {
    const seconds = Math.round((Date.now() - this.fetchedAt) / 1000);
    const own = [...this.element.querySelectorAll("[data-age]")];
    const named = this.element.id ? [...document.querySelectorAll(`[data-age-of="${CSS.escape(this.element.id)}"]`)] : [];
    for (const note of [...own, ...named]) note.textContent = describeAge(seconds);
  }
}

const sections = [...document.querySelectorAll("[data-live]")].map((element) => new Section(element));
if (sections.length) setInterval(() => sections.forEach((section) => section.showAge()), 5000);
