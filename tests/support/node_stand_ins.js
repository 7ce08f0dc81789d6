// What the TypeScript examples use of Node.js, for an engine that has none of it: bytes, HMAC-SHA256, a log, settings.
const lines = [];
const process = { env: {} };
const console = { log: (...parts) => lines.push(parts.join(" ")) };

const K = [], H0 = [];
for (let n = 2; K.length < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  const part = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  if (H0.length < 8) H0.push(part(Math.sqrt(n)));
  K.push(part(Math.cbrt(n)));
}

function sha256(bytes) {
  const padded = [...bytes, 0x80];
  while (padded.length % 64 !== 56) padded.push(0);
  const bits = bytes.length * 8;
  for (let i = 7; i >= 0; i--) padded.push(Math.floor(bits / 2 ** (8 * i)) & 255);
  const h = [...H0];
  const rotated = (x, n) => (x >>> n) | (x << (32 - n));
  for (let at = 0; at < padded.length; at += 64) {
    const w = [];
    for (let i = 0; i < 64; i++) {
      if (i < 16) {
        const j = at + 4 * i;
        w.push((padded[j] << 24) | (padded[j + 1] << 16) | (padded[j + 2] << 8) | padded[j + 3]);
        continue;
      }
      const s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w.push((w[i - 16] + s0 + w[i - 7] + s1) | 0);
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, k].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
  }
  return h.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255));
}

const bytesOf = (value) =>
  typeof value === "string" ? [...unescape(encodeURIComponent(value))].map((c) => c.charCodeAt(0)) : value;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const Buffer = {
  from(text, kind) {
    if (kind !== "base64") return bytesOf(text);
    const bits = [...text.replace(/=/g, "")].map((c) => LETTERS.indexOf(c).toString(2).padStart(6, "0")).join("");
    return (bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2));
  },
};

const written = {
  hex: (bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  base64(bytes) {
    const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const text = (bits.match(/.{1,6}/g) ?? []).map((six) => LETTERS[parseInt(six.padEnd(6, "0"), 2)]).join("");
    return text + "=".repeat((4 - (text.length % 4)) % 4);
  },
};

function createHmac(name, secret) {
  if (name !== "sha256") throw new Error(name);
  let key = bytesOf(secret);
  if (key.length > 64) key = sha256(key);
  key = [...key, ...Array(64 - key.length).fill(0)];
  const said = [];
  return {
    update(piece) { said.push(...bytesOf(piece)); return this; },
    digest() {
      const made = sha256([...key.map((b) => b ^ 0x5c), ...sha256([...key.map((b) => b ^ 0x36), ...said])]);
      return Object.assign(made, { toString: (kind) => written[kind](made) });
    },
  };
}

function timingSafeEqual(a, b) {
  if (a.length !== b.length) throw new RangeError("Input buffers must have the same byte length");
  return a.every((value, i) => value === b[i]);
}
