"use strict";

// Posts what a visitor types or taps, and refreshes the list in place so that a half-typed reply stays.
async function post(phone, act, body) {
  await fetch(`/_control/phones/${phone}/${act}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await refresh();
}

async function refresh() {
  const main = document.querySelector("main[data-refresh]");
  if (!main) return;
  const answer = await fetch(window.location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (fresh && fresh.innerHTML !== main.innerHTML) main.replaceChildren(...fresh.childNodes);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  const phone = document.querySelector("main[data-phone]").dataset.phone;
  if (button.dataset.act === "prefer") post(phone, "prefer", { value: button.dataset.value });
  else post(phone, "tap", { wamid: button.dataset.wamid, index: Number(button.dataset.index) });
});

const form = document.getElementById("say");
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value;
    form.elements.text.value = "";
    if (text) post(form.dataset.phone, "say", { text });
  });
}

const shown = document.querySelector("main[data-refresh]");
if (shown) setInterval(() => refresh().catch(() => {}), 1000 * Number(shown.dataset.refresh));
