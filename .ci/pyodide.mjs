// Run pytest inside pyodide: node .ci/pyodide.mjs PLACE [PYTEST ARGUMENT...]
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [place, ...given] = process.argv.slice(2);
const { loadPyodide } = createRequire(resolve(place, "package.json"))("pyodide");
const python = await loadPyodide({ env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [from, to] of [[resolve(place, "site"), "/site"], [process.cwd(), "/repository"]]) {
  python.FS.mkdirTree(to);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: from }, to);
}
// What starts a process, opens a thread or needs a signal cannot run in a browser's Python, nor here. The last jsonschema
// without machine code takes the `$id` that the seventh draft's own schema describes for one that it bears.
const left = ["document-7", "section-7"].map(
  (name) => `--deselect=tests/test_schema.py::test_it_is_valid_by_its_own_draft[${name}]`);
const suites = [
  "tests/toml", "tests/test_amendments.py", "tests/test_blame.py", "tests/test_environment.py", "tests/test_excerpts.py",
  "tests/test_explanations.py", "tests/test_findings.py", "tests/test_fixes.py", "tests/test_fixing.py",
  "tests/test_foreign.py", "tests/test_hooks.py", "tests/test_keys.py", "tests/test_leaks.py", "tests/test_mapping.py",
  "tests/test_model.py", "tests/test_origins.py", "tests/test_places.py", "tests/test_policy.py", "tests/test_reasons.py",
  "tests/test_references.py", "tests/test_rendering.py", "tests/test_rendering_github.py", "tests/test_rendering_sarif.py",
  "tests/test_resolution.py", "tests/test_rules.py", "tests/test_scanner.py", "tests/test_schema.py",
  "tests/test_schema_verdict.py", "tests/test_secret.py", "tests/test_selection.py", "tests/test_shape.py",
  "tests/test_suggestions.py", "tests/test_testing.py", "tests/test_urls.py", "tests/test_writing.py",
];
python.globals.set("arguments", python.toPy(
  [...(given.some((argument) => argument.startsWith("tests")) ? [] : suites), ...left, ...given]));
const status = python.runPython(`
import os, sys, traceback
sys.path[:0] = ["/site", "/repository"]
os.chdir("/repository")
import pytest

class Lacking:
    """Skip the tests that start a process, or ask themselves for a part of os that is not here."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self):
        try:
            return (yield)
        except (AttributeError, OSError) as error:
            words = str(error)
            *_, (frame, _) = traceback.walk_tb(error.__traceback__)
            is_tests_own = frame.f_code.co_filename.startswith("/repository/tests/")
            if "emscripten does not support" in words or (is_tests_own and words.startswith("module 'os' has no ")):
                pytest.skip(words)
            raise

print(sys.version)
int(pytest.main(["-p", "no:cacheprovider", "-q", "-rs", *arguments], plugins=[Lacking()]))
`);
process.exit(status);
