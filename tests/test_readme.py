"""What the README shows is run, and what it lists is complete."""

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from codeexec_config import check_file, check_text, load_policy, loads
from codeexec_config._version import VERSION
from codeexec_config.cli import make_parser
from codeexec_config.conformance import CHECKS
from tests import generated
from tests.gateway import judging

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
ELSEWHERE = {"executor", "schema"}
"""Marks of blocks that other tests run."""
OTHERS_OPTIONS = {"--env-file", "--log-driver", "--schemafile", "--shell"}
"""Options of other programs that the README mentions."""
KEY = "canary-of-the-readme"
FILES = {
    "prod.env": f"CODE_EXEC_API_KEY={KEY}\n",
    "secrets/CODE_EXEC_API_KEY": f"{KEY}\n",
    "bin/codeexec-config": f'#!/bin/sh\nexec "{sys.executable}" -m codeexec_config "$@"\n',
    "bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
}

RELOAD = """
def change(text):
    with open("app.toml", "w") as file:
        file.write(text)
    signal.raise_signal(signal.SIGHUP)
    return config
before = open("app.toml").read()
assert change(before.replace("= 120", "= 60")).timeout_secs == 60
assert change(before.replace("= 120", "= 0")).timeout_secs == 60
assert change(before).timeout_secs == 120
"""
SERVE = """
import asyncio, json
async def get():
    sent = []
    async def receive():
        return {"type": "http.request"}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": "/languages", "query_string": b"", "headers": []}
    async with lifespan(app):
        await app(scope, receive, send)
    return json.loads(b"".join(message.get("body", b"") for message in sent))
assert asyncio.run(get()) == ["python", "javascript", "r"]
"""
AFTERWARDS = {
    "logging.getLogger": "assert repr(key) == str(key) == \"Secret('${CODE_EXEC_API_KEY}')\"",
    "offline=True": "test_the_config_is_valid()",
    "SIGHUP": RELOAD,
    "BaseModel": "assert host.features.code_execution.timeout_secs == 120",
    "msgspec": "assert (host.settings.server['port'], host.code_execution.timeout_secs) == (8080, 120)",
    "cattrs": "assert host.features.code_execution.timeout_secs == 120",
    "Dynaconf": "assert config.timeout_secs == 120",
    "FastAPI": SERVE,
    "load_policy": "assert {d.code for d in report.errors} == {'policy-violation'}",
}
"""What must hold after each Python block, by a word of the block."""


def blocks(language, mark=""):
    return [body for kind, marked, body in BLOCKS if kind == language and marked == mark]


def lines(language, mark=""):
    return [line for block in blocks(language, mark) for line in block.splitlines()]


@pytest.fixture
def host(tmp_path):
    """Make a host's folder: its configuration, its secrets, and the commands as an activated environment has them."""
    [example], [broken], [policy] = blocks("toml"), blocks("toml", "invalid"), blocks("toml", "policy")
    example = f"[server]\nport = 8080\n\n{example}"
    configurations = {"app.toml": example, "config/app.toml": example, "broken.toml": broken, "policy.toml": policy}
    for name, text in {**FILES, **configurations}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for command in (tmp_path / "bin").iterdir():
        command.chmod(0o755)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(line, folder, **variables):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("this machine has no bash")
    env = {name: value for name, value in os.environ.items() if name != "CODE_EXEC_API_KEY"}
    path = f"{folder / 'bin'}{os.pathsep}{env['PATH']}"
    pythonpath = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    return subprocess.run(
        [bash, "-c", line],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env={**env, "PATH": path, "PYTHONPATH": pythonpath, **variables},
    )


@pytest.mark.parametrize("path", generated.files(), ids=lambda path: path.name)
def test_a_generated_file_is_up_to_date(path):
    assert path not in generated.stale(), "run python -m tests.generated"


def test_every_block_is_of_a_kind_that_is_run():
    known = {
        ("json", "schema"),
        ("python", ""),
        ("python", "executor"),
        ("sh", ""),
        ("sh", "benchmarks"),
        ("sh", "executor"),
        ("sh", "fixes"),
        ("sh", "policy"),
        ("sh", "schema"),
        ("text", "executor"),
        ("text", "report"),
        ("toml", ""),
        ("toml", "executor"),
        ("toml", "invalid"),
        ("toml", "policy"),
        ("toml", "schema"),
        ("yaml", "compose"),
        ("yaml", "github"),
        ("yaml", "gitlab"),
        ("yaml", "hooks"),
        ("yaml", "kubernetes"),
    }

    assert {(kind, mark) for kind, mark, _ in BLOCKS} == known


def test_the_page_stays_short():
    assert len(README.splitlines()) < 700


def test_the_table_of_contents_leads_to_every_section():
    sections = re.findall(r"^## (.*)$", PROSE, re.MULTILINE)
    anchors = ["#" + re.sub(r"[^a-z -]", "", section.lower()).replace(" ", "-") for section in sections]

    assert list(zip(sections, anchors, strict=True)) == re.findall(r"\[([^]]*)\]\((#[^)]*)\)", PROSE)


@pytest.mark.parametrize("text", blocks("toml"))
def test_a_configuration_loads(text):
    assert loads(text, env={"CODE_EXEC_API_KEY": "k"}, strict=True)


def test_the_report_is_what_the_broken_configuration_gets():
    [broken], [report] = blocks("toml", "invalid"), blocks("text", "report")

    assert report == str(check_text(broken, filename="app.toml", env={})) + "\n"


def test_every_program_is_looked_at_afterwards():
    assert [1] * len(blocks("python")) == [sum(word in code for word in AFTERWARDS) for code in blocks("python")]


@pytest.mark.parametrize("word", AFTERWARDS)
def test_a_program_runs(word, host):
    [code] = [code for code in blocks("python") if word in code]
    for module in re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install -e '.[snippets]'")
    (host / "program.py").write_text(f"{code}\n{AFTERWARDS[word]}\n", encoding="utf-8")

    done = run("python -W error program.py", host, CODE_EXEC_API_KEY=KEY)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize("line", lines("sh"))
def test_a_command_runs(line, host):
    """Run with this interpreter; making and filling the virtual environment is left to those who have a network."""
    command = line.rsplit(" && ", 1)[-1].replace(".venv/bin/python", "python")
    if command.endswith("-m pytest -n auto"):
        command = f"cd {ROOT} && {command} --collect-only -q tests/test_secret.py"
    brings_its_own = {"--offline", "--env-file", "--secrets-dir"} & set(command.split())

    done = run(command, host, **({} if brings_its_own else {"CODE_EXEC_API_KEY": KEY}))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr


def test_fixes_are_shown_and_then_applied(host):
    show, fix = lines("sh", "fixes")
    before = (host / "broken.toml").read_text()

    shown = run(show, host)
    assert 1 == shown.returncode
    assert "+ timeout_secs = **" in shown.stdout
    assert before == (host / "broken.toml").read_text()

    fixed = run(fix, host)
    assert 0 == fixed.returncode, fixed.stdout + fixed.stderr
    assert check_file(host / "broken.toml", env={}).ok


def test_the_policy_forbids_what_the_example_asks_for(host):
    done = run(*lines("sh", "policy"), host, CODE_EXEC_API_KEY=KEY)

    assert load_policy(host / "policy.toml").minimum_isolation == "gvisor"
    assert 1 == done.returncode
    assert {"policy-violation"} == set(re.findall(r"^error\[(.*?)\]", done.stdout, re.MULTILINE))


def test_the_benchmarks_take_these_arguments(host):
    install, measure = lines("sh", "benchmarks")

    assert install.startswith("pip install ")
    assert 0 == run(f"{measure} --help", ROOT, PATH=f"{host / 'bin'}{os.pathsep}{os.environ['PATH']}").returncode


def yaml(mark):
    module = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install -e '.[snippets]'")
    [text] = blocks("yaml", mark)
    return module.safe_load(text)


def test_the_github_workflow_annotates_and_uploads(host):
    [job] = yaml("github")["jobs"].values()
    commands = [step["run"] for step in job["steps"] if step.get("run", "").startswith("codeexec-config")]
    [upload] = [step["with"] for step in job["steps"] if "sarif" in step.get("uses", "")]

    for command in commands:
        done = run(command, host)
        assert 0 == done.returncode, done.stderr
    assert '"2.1.0"' in (host / upload["sarif_file"]).read_text()


def test_the_gitlab_job_validates(host):
    [job] = yaml("gitlab").values()
    [command] = [line for line in job["script"] if line.startswith("codeexec-config")]

    assert 0 == run(command, host).returncode


def test_the_hooks_are_those_of_this_repository():
    module = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install -e '.[snippets]'")
    hooks = ROOT / ".pre-commit-hooks.yaml"
    [repository] = yaml("hooks")["repos"]

    assert f"v{VERSION}" == repository["rev"]
    assert repository["hooks"] == [{"id": hook["id"]} for hook in module.safe_load(hooks.read_text())]


def test_secrets_are_mounted_where_the_program_looks(host):
    compose, pod = yaml("compose"), yaml("kubernetes")
    [container], [volume] = pod["containers"], pod["volumes"]
    [mount] = container["volumeMounts"]

    assert compose["services"]["host"]["secrets"] == list(compose["secrets"])
    assert (host / compose["secrets"]["CODE_EXEC_API_KEY"]["file"]).read_text().strip() == KEY
    assert mount["name"] == volume["name"]
    assert any(f'SecretsDirectory("{mount["mountPath"]}")' in code for code in blocks("python"))


def test_every_check_that_is_named_exists():
    named = re.findall(r"`([A-Z]\d\d)`", PROSE)

    assert named
    assert set(named) <= {check.id for check in CHECKS}


def options():
    """Return the options of each command."""
    parser = make_parser()
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: set(command._option_string_actions) for name, command in commands.choices.items()}


def test_every_option_that_is_named_exists():
    spans = " ".join(re.findall(r"`([^`]+)`", PROSE))
    generated_options = {"--check"}
    known = set(itertools.chain(*options().values())) | OTHERS_OPTIONS | generated_options

    assert set(re.findall(r"(?<!\S)--[a-z-]+", spans)) <= known


def test_every_option_of_validate_is_named():
    long = {option for option in options()["validate"] if option.startswith("--")}

    assert long <= set(re.findall(r"--[a-z-]+", README))


def test_the_changes_name_this_version():
    assert f"* **{VERSION}**" in PROSE


def test_every_difference_to_the_gateway_is_listed():
    assert all(f"| {group.name} | {group.reason} |\n" in README for group in judging.groups())
