// Recommends as `Recommender.recommend_for` and explains as `Recommender.explain`, with the parts
// that serving/portable.py lays down. Formulas: models/base.py, als.py, ease.py, hybrid.py.
"use strict";

const parts = JSON.parse(document.getElementById("parts").textContent);
const range = (n) => Array.from({ length: n }, (_, i) => i);
const sum = (values) => values.reduce((all, one) => all + one, 0);
const dot = (a, b) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};

const bytes = (text) => {
  const letters = atob(text);
  const found = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) found[i] = letters.charCodeAt(i);
  return found.buffer;
};
const half = (bits) => {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
  return bits >> 15 ? -size : size;
};
const read = {
  float32: ({ data }) => new Float32Array(bytes(data)),
  float16: ({ data }) => Float32Array.from(new Uint16Array(bytes(data)), half),
  int8: ({ data, scale, shape }) => {
    const scales = new Float32Array(bytes(scale));
    return Float32Array.from(new Int8Array(bytes(data)), (whole, i) => whole * scales[Math.floor(i / shape[1])]);
  },
};
const numbers = (array) => read[array.type](array);
const rows = (array) => {
  const all = numbers(array);
  const [count, width] = array.shape;
  return range(count).map((i) => all.subarray(i * width, (i + 1) * width));
};

const { als, ease } = parts;
const recency = numbers(parts.recency);
const factors = rows(als.factors);
const alsContent = rows(als.content);
const gram = rows(als.gram);
const alsMean = numbers(als.mean);
const easeWeights = ease && rows(ease.weights);
const easeContent = ease && rows(ease.content);
const easeMean = ease && numbers(ease.mean);
const rest = ease && rows(ease.rest);
const own = ease && numbers(ease.own);

const graded = (stars) => {
  const g = (stars - 2.75) / 2.25;
  return g < 0 ? g / 4 : g;
};

// weight / standard deviation; 0 where all scores are equal.
const scaled = (weight, scores, squares, mean, n) => {
  const spread = Math.sqrt(Math.max(squares / n - mean ** 2, 0));
  const largest = Math.max(...scores.map(Math.abs));
  return spread <= 1e-6 * largest || spread === 0 ? 0 : weight / spread;
};

// Solves the normal equations of somebody who rated these movies, by Cholesky decomposition.
const solverOf = (movies, confidence) => {
  const size = gram.length;
  const lower = gram.map((row, i) => {
    const found = Float64Array.from(row);
    found[i] += als.regularization;
    for (const movie of movies) {
      const weight = (confidence - 1) * factors[movie][i];
      for (let j = 0; j <= i; j++) found[j] += weight * factors[movie][j];
    }
    return found;
  });
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let left = lower[i][j];
      for (let k = 0; k < j; k++) left -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(left) : left / lower[j][j];
    }
  }
  return (wanted) => {
    const found = Float64Array.from(wanted);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < i; k++) found[i] -= lower[i][k] * found[k];
      found[i] /= lower[i][i];
    }
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) found[i] -= lower[k][i] * found[k];
      found[i] /= lower[i][i];
    }
    return found;
  };
};

const combined = (movies, weights, vectors, size) => {
  const found = new Float64Array(size);
  movies.forEach((movie, place) => {
    for (let i = 0; i < size; i++) found[i] += weights[place] * vectors[movie][i];
  });
  return found;
};

// Each component: scores, their mean over all movies, a scale, what rated movies bring to another.
const alsOf = (movies, preferences) => {
  const confidence = als.confidence * (movies.length / als.median) ** -als.discount;
  const solve = solverOf(movies, confidence);
  const user = (values) => solve(combined(movies, values.map((g) => confidence * g), factors, gram.length));
  const scores = (x) => factors.map((y) => dot(x, y));
  const liker = user(movies.map(() => 1));
  const squares = dot(liker, gram.map((row) => dot(row, liker)));
  const x = user(preferences);
  return {
    scores: scores(x),
    mean: dot(x, alsMean),
    scale: scaled(als.weight, scores(liker), squares, dot(liker, alsMean), als.n),
    byMovie: (item) => {
      const reached = solve(factors[item].map((value, i) => value - alsContent[item][i]));
      return movies.map((movie, place) => confidence * preferences[place] * dot(factors[movie], reached));
    },
  };
};
const easeOf = (movies, preferences) => {
  const scores = (values) => combined(movies, values, easeWeights, easeWeights.length);
  const mean = (values) => sum(movies.map((movie, place) => values[place] * easeMean[movie]));
  const ones = movies.map(() => 1);
  const liked = scores(ones);
  const leftOut = combined(movies, ones, rest, ease.rest.shape[1]);
  const squares = dot(liked, liked) + dot(leftOut, leftOut) + sum(movies.map((movie) => own[movie]));
  return {
    scores: scores(preferences),
    mean: mean(preferences),
    scale: scaled(ease.weight, liked, squares, mean(ones), ease.n),
    byMovie: (item) =>
      movies.map((movie, place) => preferences[place] * (easeWeights[movie][item] - easeContent[movie][item])),
  };
};

// ratings: Map from a movie's place to stars. The n best movies and their scores; with ratings also
// what each rated movie, features and recent popularity bring, and the offset of all scores.
const recommend = (ratings, n = 10) => {
  const movies = [...ratings.keys()];
  const preferences = movies.map((movie) => graded(ratings.get(movie)));
  const components = movies.length ? [alsOf(movies, preferences), ...(ease ? [easeOf(movies, preferences)] : [])] : [];
  const scores = movies.length
    ? range(parts.ids.length).map((i) => recency[i] + sum(components.map((c) => c.scale * (c.scores[i] - c.mean))))
    : parts.ratings;
  const best = range(parts.ids.length)
    .filter((i) => !ratings.has(i))
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, n);
  return best.map((item) => {
    if (!movies.length) return { item, score: scores[item] };
    const offset = -sum(components.map((c) => c.scale * c.mean));
    const each = components.map((c) => c.byMovie(item).map((value) => c.scale * value));
    const byMovie = movies.map((movie, place) => [movie, sum(each.map((one) => one[place]))]);
    byMovie.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    const features = scores[item] - recency[item] - offset - sum(byMovie.map(([, value]) => value));
    return { item, score: scores[item], byMovie, features, recent: recency[item], offset };
  });
};

// Names are compared as data/titles.py does: without case, accents, punctuation and articles.
const ARTICLES = new Set("the a an le la les l il lo el los der die das den".split(" "));
const NUMERALS = { ii: "2", iii: "3", iv: "4", vi: "6", vii: "7", viii: "8", ix: "9" };
const fold = (text) =>
  text.replaceAll("&", " and ").normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
const plain = (text) => {
  let words = fold(text).split(" ");
  if (words.length > 1 && ARTICLES.has(words[0])) words = words.slice(1);
  if (words.length > 1 && ARTICLES.has(words.at(-1)) && text.includes(",")) words = words.slice(0, -1);
  return words.map((word) => NUMERALS[word] ?? word).join(" ");
};
const names = parts.names.map((all, i) => [...all.map(fold), plain(parts.titles[i])]);

// 0: the name itself, 1: its beginning, 2: the beginnings of some of its words.
const rankOf = (movie, typed) => {
  const starts = (words) => typed.split(" ").every((one) => words.some((word) => word.startsWith(one)));
  if (names[movie].includes(typed)) return 0;
  if (names[movie].some((name) => name.startsWith(typed))) return 1;
  return names[movie].some((name) => starts(name.split(" "))) ? 2 : 3;
};
const search = (text, n = 8) => {
  const whole = plain(text);
  const dated = text.match(/^(.*\S)\s*(?:\((\d{4})\)|\s((?:19|20)\d\d))\s*$/);
  const named = dated && plain(dated[1]);
  if (!whole) return [];
  const found = range(parts.ids.length).map((movie) => {
    const ofYear = dated && parts.years[movie] === (dated[2] ?? dated[3]);
    return [Math.min(rankOf(movie, whole), ofYear && named ? rankOf(movie, named) : 3), movie];
  });
  return found
    .filter(([rank]) => rank < 3)
    .sort(([a, one], [b, other]) => a - b || parts.ratings[other] - parts.ratings[one])
    .slice(0, n)
    .map(([, movie]) => movie);
};

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const byId = (id) => document.getElementById(id);
const rated = new Map();
const inWords = (stars) => `${stars.toFixed(1)} stars`;
const signed = (value) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;

const showFound = () => {
  const text = byId("title").value;
  const found = search(text);
  const add = (movie) =>
    make("li", {}, make("button", { type: "button", textContent: parts.titles[movie], onclick: () => rate(movie) }));
  byId("found").replaceChildren(...found.map(add));
  if (!text.trim()) byId("how-many").textContent = "";
  else if (found.length) byId("how-many").textContent = `${found.length} found; Enter takes the first`;
  else byId("how-many").textContent = `None of the ${parts.ids.length.toLocaleString("en")} most rated films is called that`;
};

const rate = (movie) => {
  if (!rated.has(movie)) {
    rated.set(movie, 4);
    byId("rated").append(ratingOf(movie));
    showRecommended();
  }
  byId("title").value = "";
  showFound();
  byId("title").focus();
};

const ratingOf = (movie) => {
  const id = `stars-${movie}`;
  const shown = make("output", { textContent: inWords(rated.get(movie)) });
  shown.setAttribute("for", id);
  const slider = make("input", { type: "range", id, min: 0.5, max: 5, step: 0.5, value: rated.get(movie) });
  const told = () => slider.setAttribute("aria-valuetext", inWords(rated.get(movie)));
  told();
  slider.addEventListener("input", () => {
    rated.set(movie, Number(slider.value));
    shown.textContent = inWords(rated.get(movie));
    told();
    showRecommended();
  });
  const remove = make("button", { type: "button", textContent: "Remove", ariaLabel: `Remove ${parts.titles[movie]}` });
  const row = make("li", {}, make("label", { htmlFor: id, textContent: parts.titles[movie] }), slider, shown, remove);
  remove.addEventListener("click", () => {
    rated.delete(movie);
    row.remove();
    showRecommended();
    byId("title").focus();
  });
  return row;
};

const SELDOM = ", rated together less than expected";
const reasons = ({ byMovie, features, recent, offset }) => {
  const line = (what, value) =>
    make("tr", {}, make("th", { scope: "row", textContent: what }), make("td", { className: "number", textContent: signed(value) }));
  const ofMovie = ([movie, value]) => {
    const unusual = graded(rated.get(movie)) * value < 0 ? SELDOM : "";
    return line(`${parts.titles[movie]}, ${inWords(rated.get(movie))}${unusual}`, value);
  };
  const weaker = byMovie.slice(8);
  return [
    ...byMovie.slice(0, 8).map(ofMovie),
    ...(weaker.length ? [line(`${weaker.length} weaker ones`, sum(weaker.map(([, value]) => value)))] : []),
    line("what the film is: its words, genres and decade", features),
    line("recent ratings by all users", recent),
    line("subtracted from every film alike", offset),
  ];
};
const opened = new Set();
const recommendationOf = (found) => {
  const { item, score, byMovie } = found;
  const title = make("strong", { textContent: parts.titles[item] });
  const genres = make("span", { className: "mark", textContent: ` ${parts.genres[item]}` });
  if (!byMovie) return make("li", {}, title, genres, ` ${score.toLocaleString("en")} ratings`);
  const liked = byMovie.filter(([movie, value]) => value > 0 && graded(rated.get(movie)) > 0).slice(0, 2);
  const because = liked.map(([movie]) => parts.titles[movie]).join(" and ");
  const why = make("details", { open: opened.has(item) });
  why.append(
    make("summary", { textContent: because ? `because you liked ${because}` : "because of what it is, and what others rate" }),
    make("table", {}, make("caption", { textContent: `What makes the score ${score.toFixed(2)}` }), make("tbody", {}, ...reasons(found))),
  );
  why.addEventListener("toggle", () => (why.open ? opened.add(item) : opened.delete(item)));
  return make("li", {}, title, genres, why);
};
const showRecommended = () => {
  byId("basis").textContent = rated.size
    ? `From ${rated.size === 1 ? "one rating" : `${rated.size} ratings`}, best first.`
    : "Nothing is rated yet: these are the most rated films.";
  byId("recommended").replaceChildren(...recommend(rated).map(recommendationOf));
};

byId("title").addEventListener("input", showFound);
byId("title").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const [first] = search(byId("title").value);
  if (first !== undefined) rate(first);
});
byId("try").hidden = false;
showRecommended();
