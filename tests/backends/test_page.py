"""The page of mode wasm in a real browser: what a person sees of it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import threading
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import pytest

from codeexec_config.executor import ClientSideHandoff
from examples.wasm.serve import PageServer
from tests.backends.chromium import Page, open_page
from tests.backends.conftest import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HANDOFF = ClientSideHandoff(languages=("python", "javascript"), wall_secs=60, memory_bytes=96 << 20)
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# As much of matplotlib as its backends are written against; the host's folder holds it as Pyodide's own would be.
MATPLOTLIB = {
    "matplotlib/__init__.py": "",
    "matplotlib/backends/__init__.py": "",
    "matplotlib/backends/backend_agg.py": "class FigureCanvasAgg: pass\n",
    "matplotlib/pyplot.py": f"""
import importlib, os
backend = importlib.import_module(os.environ["MPLBACKEND"].removeprefix("module://"))
figures = {{}}

class Figure:
    axes = ()
    title = ""
    def get_suptitle(self): return self.title
    def savefig(self, file, *, format): assert format == "png"; file.write({DOT!r})

def figure(number): return figures.setdefault(number, Figure())
def get_fignums(): return list(figures)
def suptitle(text): figure(1).title = text
def show(): assert backend.FigureCanvas; backend.show()
def close(which): assert which == "all"; figures.clear()
""",
}


@contextmanager
def served(handoff: ClientSideHandoff, runtimes: Path) -> Iterator[str]:
    with PageServer(handoff, runtimes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.origin
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    need("chromium", "bash")
    with open_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def runtimes(browser_runtimes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the runtimes with one more of Pyodide's packages in its folder."""
    folder = tmp_path_factory.mktemp("runtimes")
    shutil.copytree(browser_runtimes / "node_modules", folder / "node_modules")
    pyodide = folder / "node_modules/pyodide"
    wheel = pyodide / "matplotlib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in MATPLOTLIB.items():
            archive.writestr(name, text)
        archive.writestr("matplotlib-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: matplotlib\nVersion: 1.0\n")
    lock = pyodide / "pyodide-lock.json"
    content = json.loads(lock.read_text())
    content["packages"]["matplotlib"] |= {
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "depends": [],
    }
    lock.write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def site(runtimes: Path) -> Iterator[str]:
    with served(HANDOFF, runtimes) as origin:
        yield origin


@pytest.fixture
def page(browser: Page, site: str) -> Page:
    return opened(browser, site)


def opened(browser: Page, site: str) -> Page:
    browser.go(site)
    browser.wait("!document.querySelector('#run').disabled")
    return browser


def write(page: Page, language: str, program: str) -> None:
    page.click(f"input[value={language}]")
    page.click("#code")
    page.evaluate("document.querySelector('#code').select()")
    page.paste(program)


def run(page: Page, language: str, program: str) -> str:
    """Run a program, and return the verdict that the page shows."""
    write(page, language, program)
    page.click("#run")
    return ended(page)


def ended(page: Page) -> str:
    page.wait("!document.querySelector('#verdict').hidden && !document.querySelector('#run').disabled")
    return page.text("#verdict")


HELLO = {
    "python": "import sys\nprint('to you', 6 * 7)\nprint('aside', file=sys.stderr)",
    "javascript": "console.log('to you', 6 * 7); console.error('aside')",
}
BROKEN = {"python": "x = 1\n1 / 0", "javascript": "let x = 1\nnull.y"}
ERRORS = {"python": "ZeroDivisionError: division by zero", "javascript": "TypeError: cannot read property 'y' of null"}
HUNGRY = {
    "python": "kept = [bytearray(1 << 20) for _ in range(200)]",
    "javascript": "const kept = []; for (;;) kept.push(new ArrayBuffer(1 << 20))",
}
LOUD = {"python": "while True: print('x' * 80)", "javascript": "for (;;) console.log('x'.repeat(80))"}
ENDLESS = {"python": "print('begun')\nwhile True: pass", "javascript": "console.log('begun'); for (;;);"}
both = pytest.mark.parametrize("language", HANDOFF.languages)


@both
def test_both_streams_are_shown_apart_and_the_browser_complains_of_nothing(page: Page, language: str) -> None:
    assert "completed" == run(page, language, HELLO[language])

    assert ("to you 42", "aside") == (page.text("#stdout").strip(), page.text("#stderr").strip())
    assert page.evaluate("document.querySelector('#error').hidden")
    assert [] == page.complaints()


@both
def test_an_error_is_shown_with_its_line_which_a_click_selects(page: Page, language: str) -> None:
    assert "failed" == run(page, language, BROKEN[language])

    assert (ERRORS[language], "Line 2") == (page.text("#error-title"), page.text("#error-line"))
    page.click("#error-line")
    assert BROKEN[language].split("\n")[1] == page.evaluate("getSelection().toString()")


@both
def test_the_time_limit_ends_a_program_and_keeps_what_it_printed(browser: Page, runtimes: Path, language: str) -> None:
    with served(attrs.evolve(HANDOFF, wall_secs=4), runtimes) as origin:
        page = opened(browser, origin)

        assert "timed_out" == run(page, language, ENDLESS[language])

        assert "begun" == page.text("#stdout").strip()
        assert "time limit of 4 s" in page.text("#sentence")


@both
def test_the_memory_limit_ends_a_program(page: Page, language: str) -> None:
    assert "memory_exceeded" == run(page, language, HUNGRY[language])

    assert "memory limit of 96 MiB" in page.text("#sentence")


@both
def test_output_is_cut_and_ends_a_program(page: Page, language: str) -> None:
    assert "output_exceeded" == run(page, language, LOUD[language])

    assert "cut here" in page.text("#stdout-title")
    assert 1 << 20 == page.evaluate("document.querySelector('#stdout').textContent.length")


@both
def test_stop_ends_a_program_and_the_next_one_finds_nothing_of_it(page: Page, language: str) -> None:
    write(page, language, ENDLESS[language])
    page.click("#run")
    page.wait("document.querySelector('#stdout').textContent.includes('begun')")
    page.click("#stop")
    assert "killed" == ended(page)

    assert "failed" == run(page, language, "x" if language == "javascript" else "print(x)")
    assert "begun" not in page.text("#stdout")
    assert "completed" == run(page, language, HELLO[language])


def test_the_keyboard_runs_and_stops_a_program(page: Page) -> None:
    write(page, "javascript", ENDLESS["javascript"])
    page.press("Enter", control=True)
    page.wait("document.querySelector('#stdout').textContent.includes('begun')")
    page.press("Escape")

    assert "killed" == ended(page)


def test_a_picture_is_shown_with_its_title(page: Page) -> None:
    program = "import matplotlib.pyplot as plt\nplt.suptitle('Growth')\nplt.show()\nplt.suptitle('Decay')"

    assert "completed" == run(page, "python", program), page.text("#error")

    page.wait("[...document.images].length === 2 && [...document.images].every((i) => i.naturalWidth === 1)")
    assert ["Growth", "Decay"] == page.evaluate("[...document.images].map((image) => image.alt)")


def test_a_package_that_the_host_lacks_is_explained(page: Page) -> None:
    assert "failed" == run(page, "python", "import numpy")

    assert "No module named 'numpy'" in page.text("#error-title")
    assert "that the host keeps in its own folder" in page.text("#error-advice")


def test_a_program_reaches_neither_the_network_nor_the_host(page: Page) -> None:
    assert "failed" == run(page, "python", "from js import fetch")
    policy = page.evaluate("fetch('worker.mjs').then((response) => response.headers.get('Content-Security-Policy'))")
    assert "connect-src" in policy
    assert policy.split("connect-src ")[1].split(";")[0].endswith("/runtimes/")


def test_a_disabled_language_is_not_offered_and_is_refused_by_the_worker(browser: Page, runtimes: Path) -> None:
    handoff = ClientSideHandoff(languages=("python",), wall_secs=2, memory_bytes=96 << 20)
    with served(handoff, runtimes) as origin:
        page = opened(browser, origin)

        assert ["python"] == page.evaluate("[...document.querySelectorAll('input[name=language]')].map((i) => i.value)")
        answer = page.evaluate(
            """new Promise((resolve) => {
                const worker = new Worker("classic.js");
                const job = {handoff: {languages: ["python"], memory_bytes: 1e8}, language: "javascript", code: "1"};
                worker.onmessage = ({data}) => data.kind === "ready" ? worker.postMessage(job) : resolve(data);
            })"""
        )
        assert ("ended", "refused") == (answer["kind"], answer["status"])
        assert "does not allow javascript" in answer["error"]["message"]
        browser.go("about:blank")  # it would keep the server's connections
