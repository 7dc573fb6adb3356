// Sounds of this site, one after another, never two at once. Silent until somebody pressed a button:
// browsers ask for that. What was pressed, and how loud, is remembered in this browser.

const KEPT = "mawaeed.sound";
const GAP = 0.03;
const PAUSE = 0.35;
// What had to wait longer for its turn is not said any more: the board shows it.
const PATIENCE = 45000;
const QUIET = 0.008;

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

// Where a sound really begins and ends, in seconds: encoders and recordings leave silence around it.
function sounding(buffer) {
  const samples = buffer.getChannelData(0);
  let first = 0;
  let last = samples.length - 1;
  while (first < last && Math.abs(samples[first]) < QUIET) first++;
  while (last > first && Math.abs(samples[last]) < QUIET) last--;
  return [first / buffer.sampleRate, Math.min(buffer.duration, last / buffer.sampleRate + 0.02)];
}

export class Sound extends EventTarget {
  constructor() {
    super();
    const { on = false, volume = 0.8 } = remembered();
    this.wanted = on;
    this.volume = volume;
    this.parts = new Map();
    this.queue = [];
    this.playing = [];
    this.busy = false;
    if (on) this.wake();
  }

  // "on", "off", or "asleep": wanted, but this browser still waits for a press.
  get state() {
    if (!this.wanted) return "off";
    return this.context?.state === "running" ? "on" : "asleep";
  }

  wake() {
    if (!this.context) {
      this.context = new AudioContext();
      this.loudness = this.context.createGain();
      this.loudness.gain.value = this.volume;
      this.loudness.connect(this.context.destination);
      this.context.addEventListener("statechange", () => this.tell());
    }
    this.context.resume().then(() => this.tell(), () => {});
  }

  turn(on) {
    this.wanted = on;
    if (on) this.wake();
    else this.stop();
    this.keep();
  }

  setVolume(volume) {
    this.volume = volume;
    if (this.loudness) this.loudness.gain.value = volume;
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ on: this.wanted, volume: this.volume }));
    } catch { /* only not remembered */ }
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  // sentences: lists of addresses; before: what is heard once before several in a row.
  say(sentences, before = []) {
    if (this.state !== "on") return;
    this.queue.push({ sentences, before, heardAt: Date.now() });
    if (!this.busy) this.run();
  }

  async run() {
    this.busy = true;
    for (let first = true; this.queue.length && this.state === "on"; first = false) {
      const next = this.queue.shift();
      if (Date.now() - next.heardAt > PATIENCE) continue;
      await this.play(first ? [next.before, ...next.sentences] : next.sentences);
    }
    this.queue = [];
    this.busy = false;
  }

  async play(sentences) {
    const loaded = await Promise.all(sentences.map((each) => Promise.all(each.map((part) => this.load(part)))));
    if (this.state !== "on") return;
    const begin = this.context.currentTime + 0.05;
    let at = begin;
    for (const buffers of loaded) {
      for (const buffer of buffers.filter(Boolean)) {
        const [from, to] = sounding(buffer);
        this.start(buffer, at, from, to - from);
        at += to - from + GAP;
      }
      at += PAUSE;
    }
    await new Promise((done) => {
      this.done = done;
      setTimeout(done, (at - begin) * 1000 + 50);
    });
    this.stop(false);
  }

  start(buffer, at, from, length) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.loudness);
    source.start(at, from, length);
    this.playing.push(source);
  }

  stop(everything = true) {
    for (const source of this.playing) source.stop();
    this.playing = [];
    if (everything) this.queue = [];
    this.done?.();
  }

  // A sound that cannot be had is passed over; the next call tries again.
  load(address) {
    if (!this.parts.has(address)) {
      const loading = fetch(address)
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
        .then((bytes) => this.context.decodeAudioData(bytes))
        .catch(() => {
          this.parts.delete(address);
          return null;
        });
      this.parts.set(address, loading);
    }
    return this.parts.get(address);
  }
}

// A button [data-sound-press] and a range [data-volume] inside `box` work `sound`; `box` shows its state.
export function control(box, sound) {
  const button = box.querySelector("[data-sound-press]");
  const range = box.querySelector("[data-volume]");
  const show = () => {
    box.dataset.sound = sound.state;
    button.setAttribute("aria-pressed", String(sound.state === "on"));
  };
  sound.addEventListener("change", show);
  button.addEventListener("click", () => sound.turn(sound.state !== "on"));
  if (range) {
    range.value = String(Math.round(sound.volume * 10));
    range.addEventListener("input", () => sound.setVolume(Number(range.value) / 10));
  }
  box.hidden = false;
  show();
}
