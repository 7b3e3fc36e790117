// The inbox as a page for people: newest first, light or dark as the reader's system is, no scripts.
import type { Letter } from "./inbox.ts";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --faint: #777; }
@media (prefers-color-scheme: dark) { :root { --faint: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 1.5rem; }
article { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; margin-bottom: 1rem; }
header { display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; color: var(--faint); font-size: .85rem; }
.channel { background: var(--soft); border-radius: 6px; padding: 0 .5rem; }
time { margin-left: auto; }
h2 { font-size: 1.05rem; margin: .4rem 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 0; }
.empty { color: var(--faint); }
form { display: flex; gap: .5rem; flex-wrap: wrap; margin-top: .8rem; }
input, button { font: inherit; padding: .4rem .7rem; border: 1px solid var(--line); border-radius: 8px; background: none; color: inherit; }
.reply { margin-left: 2rem; }
`;

export function inboxPage(letters: readonly Letter[]): string {
  const articles = [...letters].reverse().map(article);
  // Not while somebody may be typing into a form.
  const refresh = letters.some(({ slack }) => (slack?.buttons.length ?? 0) > 0) ? "" : '<meta http-equiv="refresh" content="5">';
  const content = articles.length > 0 ? articles.join("\n") : '<p class="empty">Nothing yet. This page looks again every five seconds.</p>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}
<title>Inbox (${letters.length})</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Inbox</h1>
${content}
</main>
</body>
</html>
`;
}

function article(letter: Letter): string {
  return `<article${letter.slack?.thread === undefined ? "" : ' class="reply"'}>
<header><span class="channel">${letter.channel}</span><span>to ${escaped(letter.to)}</span><time datetime="${letter.at}">${letter.at.replace("T", " ").slice(0, 19)} UTC</time></header>
<h2>${escaped(letter.subject)}</h2>
<pre>${linked(letter.text)}</pre>
${pressing(letter)}</article>`;
}

/** What people press in Slack, for whoever plays them here. */
function pressing({ slack, text }: Letter): string {
  const about = /vpce-[0-9a-f]{8,17}\b/.exec(text)?.[0] ?? slack?.ts ?? "";
  if (slack === undefined || slack.buttons.length === 0) return "";
  const buttons = slack.buttons
    .map(({ action, label }) => `<button name="action" value="${escaped(action)}">${escaped(label)}</button>`)
    .join("");
  return `<form method="post" action="/slack/press"><input type="hidden" name="about" value="${escaped(about)}">
<input name="user" aria-label="Slack user" placeholder="Slack user, such as U0ANN" required><input name="reason" aria-label="Reason" placeholder="Reason">${buttons}</form>
`;
}

function linked(text: string): string {
  const parts = text.split(/(https?:\/\/[^\s<>"|]+)/);
  return parts.map((part, index) => (index % 2 === 1 ? `<a href="${escaped(part)}">${escaped(part)}</a>` : escaped(part))).join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
