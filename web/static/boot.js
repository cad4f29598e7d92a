// Applies the remembered theme before the first paint, then starts the console.
import init from "./console.js";

try {
  const theme = localStorage.getItem("footbridge.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* a browser without storage follows the system */ }

init({ module_or_path: new URL("./console_bg.wasm", import.meta.url) }).catch((error) => {
  console.error(error);
  const note = document.getElementById("start");
  if (note) note.textContent = "The console could not start: " + error + ". A current browser with WebAssembly is needed.";
});
