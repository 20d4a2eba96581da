// The worker for QuickJS, whose package for browsers is a script that only a classic worker can import. Pyodide needs a
// module worker.
import("./worker.mjs");
