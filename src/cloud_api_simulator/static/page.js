"use strict";

// Posts what a visitor types or taps, and refreshes what is live in place, so that a half-typed reply stays.
const chat = document.querySelector("main[data-phone]");
const REFRESH_MS = 1000;

async function post(act, body) {
  await fetch(`/_control/phones/${chat.dataset.phone}/${act}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  await refresh();
}

function replace(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open]")].map((one) => one.dataset.keep));
  const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 80;
  old.replaceChildren(...fresh.childNodes);
  for (const one of old.querySelectorAll("details[data-keep]")) one.open = open.has(one.dataset.keep);
  if (old.classList.contains("lines") && atEnd) old.scrollTop = old.scrollHeight;
}

async function refresh() {
  const answer = await fetch(window.location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${old.dataset.live}"]`);
    if (fresh && fresh.innerHTML !== shown.get(old.dataset.live)) {
      shown.set(old.dataset.live, fresh.innerHTML);
      replace(old, fresh);
    }
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (button || !menu.contains(event.target)) menu.open = false;
  }
  if (!button || !chat) return;
  if (button.dataset.act === "tap") post("tap", { wamid: button.dataset.wamid, index: Number(button.dataset.index) });
  else post(button.dataset.act, button.dataset.body);
});

const form = document.getElementById("say");
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value;
    form.elements.text.value = "";
    if (text) post("say", { text });
  });
}

const shown = new Map([...document.querySelectorAll("[data-live]")].map((one) => [one.dataset.live, one.innerHTML]));
const lines = document.querySelector(".lines");
if (lines) lines.scrollTop = lines.scrollHeight;
setInterval(() => refresh().catch(() => {}), REFRESH_MS);
