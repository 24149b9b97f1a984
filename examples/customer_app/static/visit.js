"use strict";

/**
 * The whole integration: let the collector report under our backend's reference, then ask our
 * backend. The page learns only what the backend chooses to tell.
 */
async function visit({ edgeUrl, sessionRef }) {
  const failure = await collect(edgeUrl, sessionRef);
  const reply = await fetch(`/api/verdict/${sessionRef}`);
  if (!reply.ok) throw new Error(`the app answered ${reply.status}`);
  const { verdict, pending, error, card } = await reply.json();
  show(card);
  if (verdict) return { verdict };
  return { error: failure ?? error ?? (pending ? "pending" : "unknown") };
}

/** A collector that fails must not stop the visitor: the backend decides without a verdict. */
async function collect(apiUrl, sessionRef) {
  try {
    await octet.verify({ apiUrl, sessionRef });
    return null;
  } catch (error) {
    return error.code ?? String(error);
  }
}

function show(card) {
  const place = document.getElementById("card");
  place.innerHTML = card;
  nameCountries(place);
}

/** For whoever drives this page: `{verdict}` or `{error}`, when all is on the screen. */
window.visitDone = visit(document.body.dataset).catch((error) => ({ error: String(error) }));
