// How the pages look: one sheet, in light and dark, from a telephone to a desk. No font and no picture is fetched.

import { createHash } from "node:crypto";

export const styles = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f3;
  --card: #ffffff;
  --ink: #1c1b18;
  --soft: #5d5a52;
  --line: #dfdcd4;
  --edge: #8a867c;
  --focus: #1f57c3;
  --yes: #17663a;
  --yes-wash: #eaf4ed;
  --no: #a32a1c;
  --no-wash: #fbeeec;
  --note: #7a5200;
  --note-wash: #fbf4e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131311;
    --card: #1c1c19;
    --ink: #f0eee8;
    --soft: #aaa69b;
    --line: #34332e;
    --edge: #7d7a70;
    --focus: #9bbcff;
    --yes: #7fd6a0;
    --yes-wash: #17271d;
    --no: #ff9f91;
    --no-wash: #301a17;
    --note: #ecc46f;
    --note-wash: #292213;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
.page { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
.wide .page { max-width: 68rem; }
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 2.5rem; font-size: .875rem; font-weight: 600; letter-spacing: .01em; }
.brand::before { content: ""; width: 1.1rem; height: .8rem; border: 2px solid currentColor; border-bottom-width: 0; border-radius: .8rem .8rem 0 0; }
h1 { margin: 0; font-size: clamp(1.75rem, 1.35rem + 1.9vw, 2.5rem); line-height: 1.14; font-weight: 650; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 0 0 .75rem; font-size: 1.0625rem; line-height: 1.3; font-weight: 650; letter-spacing: -.005em; }
p { margin: 0 0 .75rem; max-width: 38rem; }
.status { display: flex; align-items: center; gap: .5rem; margin: 0 0 .75rem; font-size: .875rem; font-weight: 600; color: var(--soft); }
.status::before { content: ""; flex: none; width: .6rem; height: .6rem; border: 2px solid currentColor; border-radius: 50%; }
.status.yes::before, .status.no::before { background: currentColor; }
.status.yes { color: var(--yes); }
.status.no { color: var(--no); }
.status.note { color: var(--note); }
.lede { margin: 1rem 0 0; font-size: 1.125rem; line-height: 1.5; color: var(--soft); }
.wide .lede { max-width: none; }
.soft { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.small { font-size: .875rem; line-height: 1.5; }
.id, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em; }
.digits span + span { margin-inline-start: .28em; }
.confirms .digits span:last-child { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: .2em; }
section { margin-top: 2.5rem; }
section > :last-child, .card > :last-child { margin-bottom: 0; }
dl { margin: 0; border-top: 1px solid var(--line); }
dl > div { display: grid; grid-template-columns: 8.5rem 1fr; gap: 0 1rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; }
dd .soft { display: block; }
.rule { margin: 0; padding: .125rem 0 .125rem 1rem; border-inline-start: 3px solid var(--edge); color: var(--soft); }
ol.log { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
ol.log li { padding: .625rem 0; border-bottom: 1px solid var(--line); }
ol.log time { display: block; font-size: .875rem; color: var(--soft); }
ol.log p { margin: 0; }
ol.log + p { margin-top: .75rem; }
.card { padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.told { margin: 0 0 1.5rem; padding: .875rem 1rem; border-radius: .5rem; background: var(--note-wash); border: 1px solid var(--note); }
[tabindex="-1"]:focus { outline: none; }
[tabindex="-1"] { scroll-margin-top: 1rem; }
.told h3 { margin: 0 0 .25rem; font-size: 1rem; line-height: 1.4; font-weight: 650; }
.told ul { margin: 0; padding-inline-start: 1.1rem; }
.told p:last-child { margin: 0; }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
legend, .field > label { display: block; padding: 0; margin: 0 0 .5rem; font-weight: 600; }
.choice { position: relative; display: flex; gap: .75rem; align-items: flex-start; min-height: 44px; padding: .75rem .875rem; border: 1px solid var(--edge); border-radius: .5rem; cursor: pointer; }
.choice + .choice { margin-top: .5rem; }
.choice input { flex: none; width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; accent-color: var(--ink); }
.choice strong { display: block; font-weight: 600; }
.choice small { display: block; font-size: .875rem; line-height: 1.45; color: var(--soft); }
.choice.yes:has(:checked) { border-color: var(--yes); box-shadow: inset 0 0 0 1px var(--yes); background: var(--yes-wash); }
.choice.no:has(:checked) { border-color: var(--no); box-shadow: inset 0 0 0 1px var(--no); background: var(--no-wash); }
.choice.yes input { accent-color: var(--yes); }
.choice.no input { accent-color: var(--no); }
.choice .grow { display: flex; gap: .75rem; align-items: flex-start; cursor: pointer; }
div.choice { flex-wrap: wrap; }
.choice .days { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; width: 100%; padding-inline-start: 2rem; }
.choice .days .wrong { width: 100%; margin: 0; }
.choice .days input { width: 5rem; }
@supports selector(:has(*)) {
  div.choice:not(:has(:checked)) .days { display: none; }
}
.who { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center; justify-content: space-between; margin: 0 0 .5rem; }
.whole .who { margin-top: 2rem; }
.who p { margin: 0; }
button.link { width: auto; min-height: 44px; margin: 0; padding: 0; font-size: .875rem; font-weight: 400; color: var(--soft); background: none; border: 0; text-decoration: underline; text-underline-offset: .2em; }
button.quiet { color: var(--ink); background: transparent; border-color: var(--edge); }
.aside { margin-top: 1.25rem; padding-top: .5rem; border-top: 1px solid var(--line); }
summary { display: flex; align-items: center; min-height: 44px; font-size: .875rem; color: var(--soft); cursor: pointer; text-decoration: underline; text-underline-offset: .2em; }
summary::-webkit-details-marker { display: none; }
.jump { margin: 1.25rem 0 0; }
.on a { display: flex; align-items: center; min-height: 44px; color: inherit; font-weight: 600; text-underline-offset: .2em; }
.jump a { display: flex; align-items: center; justify-content: center; min-height: 48px; padding: .5rem 1.25rem; color: inherit; font-weight: 600; text-decoration: none; border: 1px solid var(--edge); border-radius: .5rem; }
.jump a::after { content: "↓" / ""; margin-inline-start: .5rem; }
.on { margin: 1.5rem 0 0; }
ol.questions { list-style: none; margin: 2.5rem 0 0; padding: 0; }
.who + ol.questions { margin-top: 0; }
ol.questions li + li { margin-top: .75rem; }
ol.questions a { display: block; min-height: 44px; padding: 1rem 1.125rem; color: inherit; text-decoration: none; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
ol.questions a:hover { border-color: var(--edge); }
ol.questions strong { display: block; font-size: 1.0625rem; font-weight: 650; }
ol.questions a > .soft { display: block; }
.mark { display: block; margin-top: .25rem; font-weight: 600; color: var(--yes); }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain li + li { margin-top: .375rem; }
.field { margin-top: 1.5rem; }
.field > label .soft { font-weight: 400; }
.hint { margin: 0 0 .5rem; font-size: .875rem; line-height: 1.45; color: var(--soft); }
.wrong { margin: 0 0 .5rem; font-size: .9375rem; font-weight: 600; color: var(--no); }
input[type="text"], textarea { display: block; width: 100%; min-height: 44px; padding: .5rem .75rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: .5rem; }
textarea { min-height: 5.25rem; resize: vertical; }
input.four { width: 8rem; font-size: 1.25rem; letter-spacing: .2em; }
input.code { font-size: 1.5rem; letter-spacing: .16em; }
[aria-invalid="true"] { border-color: var(--no); box-shadow: inset 0 0 0 1px var(--no); }
button { display: block; width: 100%; min-height: 48px; margin-top: 1.5rem; padding: .625rem 1.25rem; font: inherit; font-weight: 600; color: var(--card); background: var(--ink); border: 1px solid var(--ink); border-radius: .5rem; cursor: pointer; }
button:hover { opacity: .88; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.choice:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: 2px; }
.choice input:focus-visible { outline: none; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; line-height: 1.5; color: var(--soft); }
@media (max-width: 30rem) {
  dl > div { grid-template-columns: 1fr; }
  dt { font-size: .875rem; }
}
@media (min-width: 60rem) {
  .page { padding-top: 2.5rem; }
  .jump { display: none; }
  .sides { display: grid; grid-template-columns: minmax(0, 1fr) 24rem; gap: 0 4rem; align-items: start; }
  .sides > .card { position: sticky; top: 1.5rem; margin-top: 2.5rem; }
}
@media (forced-colors: active) {
  .choice:has(:checked) { outline: 3px solid Highlight; }
}
@media print { .card, .brand { display: none; } }
`;

/** The one style the page's policy lets a browser apply. */
export const stylesHash = `sha256-${createHash("sha256").update(styles).digest("base64")}`;
