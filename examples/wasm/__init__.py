"""Mode wasm: a page that runs programs in the browser, and a small server for it."""
