// Python by Pyodide.

const PACKAGE = "codeexec_wasm"; // where the Python side of this page is importable, in there

// What `import js` is to a program. All of the worker's globals would be its network, its messages to the page, and its
// memory limit.
const JS_MODULE = { Array, Object, Map, Set, Uint8Array, JSON, Math, Date, Promise };

const ENOSPC = 51; // as emscripten counts

export async function preparePython({ code, engines, python, memoryBytes, write, picture }) {
  const { loadPyodide } = await import(engines.pyodide);
  const pyodide = await loadPyodide({
    jsglobals: JS_MODULE,
    env: { _: "python", HOME: "/home/pyodide", MPLBACKEND: `module://${PACKAGE}.pictures` },
    fsInit: async (FS, { sitePackages }) => {
      FS.mkdirTree(`${sitePackages}/${PACKAGE}`);
      for (const [name, text] of Object.entries(python)) FS.writeFile(`${sitePackages}/${PACKAGE}/${name}`, text);
    },
  });
  limitFiles(pyodide.FS, memoryBytes);
  pyodide.setStdin({ stdin: () => null });
  for (const [name, set] of [["stdout", pyodide.setStdout], ["stderr", pyodide.setStderr]]) {
    set({
      write: (bytes) => {
        write(name, bytes);
        return bytes.length;
      },
    });
  }
  const { run: runInPython } = pyodide.pyimport(`${PACKAGE}.harness`);
  if (engines.wheels) await loadWheels(pyodide, code);
  return {
    heapBytes: pyodide._module.HEAPU8.length,
    run: async () => {
      const report = await runInPython(code, (png, alt) => {
        picture(png.toJs(), alt);
        png.destroy();
      });
      const { status, error } = JSON.parse(report);
      return { status, error, outOfMemory: error?.type === "MemoryError" };
    },
  };
}

// What a program imports and the host's folder holds. What is missing there is the program's ImportError.
async function loadWheels(pyodide, code) {
  const quiet = () => {};
  await pyodide.loadPackagesFromImports(code, { messageCallback: quiet, errorCallback: quiet }).catch(quiet);
}

// Files live in JavaScript's heap, which the limit of the wasm memory does not reach: they may take as much again.
function limitFiles(FS, bytes) {
  const { MEMFS } = FS.filesystems;
  let used = measureFiles(FS, FS.root);
  const limit = (owner, name, target) => {
    const original = owner[name];
    owner[name] = (...call) => {
      const { node, size } = target(...call);
      const before = capacity(node);
      const more = Math.max(0, size - before);
      if (used + more > bytes) used = measureFiles(FS, FS.root); // some may be gone
      if (used + more > bytes) throw new FS.ErrnoError(ENOSPC);
      const result = original(...call);
      used += capacity(node) - before;
      return result;
    };
  };
  limit(MEMFS, "resizeFileStorage", (node, size) => ({ node, size }));
  limit(MEMFS.ops_table.file.stream, "write", ({ node }, _, __, length, position) => ({ node, size: position + length }));
}

function measureFiles(FS, node) {
  if (!FS.isDir(node.mode)) return capacity(node);
  return Object.values(node.contents ?? {}).reduce((sum, child) => sum + measureFiles(FS, child), 0);
}

function capacity(file) {
  return file.contents?.length ?? 0;
}
