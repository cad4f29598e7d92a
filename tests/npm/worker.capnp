using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ (name = "main", worker = .worker) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "lwm2m.wasm", wasm = embed "lwm2m.wasm"),
    (name = "ddf.wasm", wasm = embed "ddf.wasm"),
    (name = "registry.bin", data = embed "registry.bin"),
  ],
  compatibilityDate = "2026-01-01",
);
