"use strict";

const countryNames = new Intl.DisplayNames(["en"], { type: "region" });

/** Spell out the ISO codes under `root`: the browser knows the names, so the app ships none. */
function nameCountries(root) {
  for (const element of root.querySelectorAll("[data-country]")) {
    element.textContent = countryNames.of(element.dataset.country);
  }
}

nameCountries(document);
