// The data of the page, and how elements are made from it: from text alone, never from markup, for names and messages
// may hold anything. The files of this folder make up one script, in the order of page.py.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

const textOf = (number) => data.texts[number];
const count = (value) => (value === null ? "–" : value.toLocaleString("en"));
const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
const all = (selector) => [...document.querySelectorAll(selector)];

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function element(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}
