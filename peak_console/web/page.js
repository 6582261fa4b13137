// Keys are for the console from the start, without a click, and again whenever the page is looked at.
const listen = () => document.querySelector(".xterm-helper-textarea")?.focus();
window.addEventListener("load", listen);
window.addEventListener("focus", listen);
