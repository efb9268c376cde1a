// The samples that this page knows, by column: a place is a position in these columns.
const samples = (() => {
  const packed = data.samples;
  const count = packed.id.length;
  const digests = atob(packed.sha);
  const places = new Map();
  for (let place = 0; place < count; place += 1) places.set(`${data.classes[packed.class[place]]}/${packed.id[place]}`, place);
  const codesOf = new Map();
  for (const [code, found] of Object.entries(packed.codes)) {
    for (const place of found) codesOf.set(place, [...(codesOf.get(place) || []), code]);
  }
  const folder = (row) => `thumbnails/${String(Math.floor(row / 1000)).padStart(4, "0")}/${String(row).padStart(7, "0")}`;
  return {
    count,
    packed,
    place: (key) => places.get(key),
    className: (place) => data.classes[packed.class[place]],
    id: (place) => packed.id[place],
    key: (place) => `${data.classes[packed.class[place]]}/${packed.id[place]}`,
    codes: (place) => codesOf.get(place) || [],
    said: (place) => packed.said[place] || [],
    fact: (name, place) => packed.facts[name][place],
    hasMap: (place) => packed.map[place] === "1",
    sha(place) {
      if (packed.hashed[place] !== "1") return "";
      let text = "";
      for (let at = place * 32; at < place * 32 + 32; at += 1) text += digests.charCodeAt(at).toString(16).padStart(2, "0");
      return text;
    },
    // What to show of a picture: an address, or why there is none.
    picture(place, slot) {
      if (!packed.thumbnail) return { address: "", why: "" };
      const state = packed.thumbnail[slot][place];
      if (state === "1") return { address: `${folder(place)}.${slot === "image" ? "jpg" : "png"}`, why: "" };
      const why = { 0: "no image", 2: `damaged: ${packed.damage[place] || "cannot be read"}`, 3: "changed since it was indexed" };
      return { address: "", why: why[state] };
    },
  };
})();
