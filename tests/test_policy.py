"""A host's policy: each limit, where a breach is marked, and how a policy is read."""

from __future__ import annotations

import pickle

import pytest

from codeexec_config import (
    ConfigError,
    ConfigWarning,
    External,
    Policy,
    Runtime,
    Secret,
    Severity,
    apply_fixes,
    check_file,
    check_mapping,
    check_text,
    load,
    load_mapping,
    load_policy,
    loads,
    to_toml,
)
from codeexec_config.keys import keys_of
from codeexec_config.testing import assert_no_leak

HEADER = "[features.code_execution]\n"
DOCKER = {"sandboxed": {"runtime": "docker"}}
SERVICE = {"external": {"url": "https://ce.example.com/run", "api_key": "${K}"}}


def breaches(table, policy, env=None):
    """Return the paths below the section of what breaks a policy."""
    report = check_mapping(table, env=env or {"K": "k"}, policy=policy)
    return [d.path[2:] for d in report.diagnostics if d.code == "policy-violation"]


@pytest.mark.parametrize(
    ("entry", "good", "bad", "path"),
    [
        ({"max_timeout_secs": 60}, {"timeout_secs": 60}, {"timeout_secs": 61}, ("timeout_secs",)),
        ({"max_memory_mb": 512}, {"max_memory_mb": 512}, {"max_memory_mb": 513}, ("max_memory_mb",)),
        (
            {"languages": ["python"]},
            {"allowed_languages": ["python"]},
            {"allowed_languages": ["python", "javascript"]},
            ("allowed_languages", 1),
        ),
        ({"modes": ["sandboxed"]}, {"mode": DOCKER}, {"mode": "wasm"}, ("mode",)),
        ({"modes": ["wasm"]}, {"mode": {"wasm": {}}}, {"mode": DOCKER}, ("mode",)),
        (
            {"runtimes": ["gvisor"]},
            {"mode": {"sandboxed": {"runtime": "gvisor"}}},
            {"mode": DOCKER},
            ("mode", "sandboxed", "runtime"),
        ),
        (
            {"minimum_isolation": "gvisor"},
            {"mode": {"sandboxed": {"runtime": "gvisor"}}},
            {"mode": DOCKER},
            ("mode", "sandboxed", "runtime"),
        ),
        (
            {"url_hosts": ["other", "*.example.com"]},
            {"mode": SERVICE},
            {"mode": {"external": {"url": "https://ce.example.org", "api_key": "${K}"}}},
            ("mode", "external", "url"),
        ),
        (
            {"allow_literal_secrets": False},
            {"mode": SERVICE},
            {"mode": {"external": {"url": "https://h", "api_key": "literal"}}},
            ("mode", "external", "api_key"),
        ),
    ],
)
def test_each_entry_permits_and_forbids(entry, good, bad, path):
    policy = Policy(**entry)

    assert [] == breaches(good, policy)
    assert [path] == breaches(bad, policy)
    assert [] == breaches(bad, Policy())


def test_the_same_file_has_two_verdicts_under_two_policies():
    text = HEADER + "timeout_secs = 300\n"

    assert check_text(text, env={}, policy=Policy(max_timeout_secs=300)).ok
    assert not check_text(text, env={}, policy=Policy(max_timeout_secs=299)).ok


@pytest.mark.parametrize(
    ("entry", "table", "said", "hint"),
    [
        (
            {"max_timeout_secs": 60},
            {"timeout_secs": 61},
            "61 is more than the policy's maximum of 60 seconds",
            "write timeout_secs = 60 or less",
        ),
        (
            {"max_memory_mb": 512},
            {"max_memory_mb": 513},
            "513 is more than the policy's maximum of 512 MiB",
            "write max_memory_mb = 512 or less",
        ),
        ({"modes": ["sandboxed"]}, {"mode": "wasm"}, "mode wasm", "the policy permits sandboxed"),
        ({"modes": []}, {"mode": "wasm"}, "mode wasm", "the policy permits none"),
        ({"runtimes": ["gvisor"]}, {"mode": DOCKER}, "runtime docker", "the policy permits gvisor"),
        (
            {"minimum_isolation": "gvisor"},
            {"mode": DOCKER},
            "docker isolates less than the policy's minimum, gvisor",
            "the policy permits firecracker, gvisor",
        ),
        (
            {"languages": ["ruby"]},
            {"mode": DOCKER, "allowed_languages": ["r"]},
            "permit `r`",
            "the policy permits ruby",
        ),
        (
            {"languages": ["r", "python"]},
            {"allowed_languages": ["javascript"]},
            "permit `javascript`",
            "the policy permits python",
        ),
        (
            {"languages": ["ruby", "r"]},
            {},
            "`python`, `javascript`",
            "the default breaks it: set `allowed_languages`; the policy permits ruby, r, which mode wasm does not run",
        ),
        ({"languages": []}, {"mode": DOCKER, "allowed_languages": ["r"]}, "permit `r`", "the policy permits none"),
        ({"url_hosts": ["a", "b"]}, {"mode": SERVICE}, "this host", "the policy permits a, b"),
        (
            {"allow_literal_secrets": False},
            {"mode": {"external": {"url": "https://h", "api_key": "literal"}}},
            "a key that is written into the file",
            'put it into the environment and write api_key = "${NAME}"',
        ),
    ],
)
def test_a_breach_says_what_is_permitted(entry, table, said, hint):
    [found] = check_mapping(table, env={"K": "k"}, policy=Policy(**entry)).errors

    assert said in found.message
    assert found.message.endswith(f" (`{next(iter(entry))}`)")
    assert hint == found.help


def test_a_default_list_that_breaks_it_is_one_finding_with_each_name():
    [found] = check_mapping({"mode": DOCKER}, env={}, policy=Policy(languages=["ruby"])).errors

    assert "the policy does not permit `python`, `javascript` (`languages`)" == found.message
    assert "the default breaks it: set `allowed_languages`; the policy permits ruby" == found.help


def test_minimum_isolation_judges_sandboxes_only():
    policy = Policy(minimum_isolation=Runtime.FIRECRACKER)

    assert [] == breaches({"mode": "wasm"}, policy)
    assert [] == breaches({"mode": SERVICE}, policy)
    assert [("mode", "sandboxed", "runtime")] == breaches({"mode": {"sandboxed": {"runtime": "gvisor"}}}, policy)


@pytest.mark.parametrize(("runtime", "code"), [("vm", "unknown-runtime"), (3, "wrong-type"), ([], "wrong-type")])
def test_a_runtime_that_is_none_is_no_breach_as_well(runtime, code):
    table = {"mode": {"sandboxed": {"runtime": runtime}}}
    report = check_mapping(table, env={}, policy=Policy(runtimes=["gvisor"], minimum_isolation="gvisor"))

    assert [code] == [d.code for d in report.diagnostics]


def test_a_runtime_breaks_one_entry_at_a_time():
    policy = Policy(runtimes=["firecracker"], minimum_isolation="gvisor")

    assert [("mode", "sandboxed", "runtime")] == breaches({"mode": DOCKER}, policy)


def test_a_default_that_breaks_it_is_marked_at_the_header():
    text = "# a host\n" + HEADER

    report = check_text(text, env={}, policy=Policy(max_timeout_secs=10, languages=["python"]))

    assert [("allowed_languages",), ("timeout_secs",)] == sorted(d.path[2:] for d in report.diagnostics)
    assert {2} == {d.span.start.line for d in report.diagnostics}
    assert all("default" in d.help for d in report.diagnostics)


def test_the_defaults_of_an_absent_section_are_judged_too():
    report = check_text("", env={}, policy=Policy(modes=["sandboxed"]))

    assert ["policy-violation", "section-not-found"] == [d.code for d in report.diagnostics]
    assert report.config is None
    assert check_text("", env={}, policy=Policy(modes=["wasm"])).ok


def test_a_near_miss_that_fails_is_said_alone():
    report = check_text("[feature.code_execution]\ntimeout_secs = 5\n", env={}, policy=Policy(max_timeout_secs=10))

    assert ["misplaced-section"] == [d.code for d in report.diagnostics]


def test_a_breach_that_a_variable_makes_names_it():
    table = {"timeout_secs": "${T}", "mode": {"external": {"url": "${U}", "api_key": "${K}"}}}
    policy = Policy(max_timeout_secs=10, url_hosts=["a"])

    number, host = check_mapping(table, env={"T": "11", "U": "https://b", "K": "k"}, policy=policy).diagnostics

    assert "the policy does not permit the host from U (`url_hosts`)" == host.message
    assert "the value from T is more than the policy's maximum of 10 seconds (`max_timeout_secs`)" == number.message
    assert "set T to 10 or less" == number.help


@pytest.mark.parametrize(
    ("text", "options", "fixed"),
    [
        ("timeout_sec = 300", {"policy": Policy(max_timeout_secs=10)}, False),
        ("timeout_sec = 300", {"policy": Policy(max_timeout_secs=300)}, True),
        ("timeout_minutes = 5", {"policy": Policy(max_timeout_secs=10)}, False),
        ('mode.sandboxed.runtime = "dokcer"', {"policy": Policy(minimum_isolation="gvisor")}, False),
        ('allowed_languages = ["Python"]', {"policy": Policy(languages=["javascript"])}, False),
        ('mode.external = { url = "https://h", api_key = "env:K" }', {"allow_env": ["X"]}, False),
        ('mode.external = { url = "https://h", api_key = "env:K" }', {"allow_env": ["K"]}, True),
    ],
)
def test_a_fix_that_the_host_refuses_is_not_offered(text, options, fixed):
    report = check_text(HEADER + text, env={"K": "k"}, **options)

    [found] = report.diagnostics
    assert fixed == (found.fix is not None)
    assert found.help
    assert () == report.env_reads


def test_each_fix_is_judged_by_itself():
    names = ", ".join(["'Ruby'"] * 30)
    text = f"{HEADER}mode.sandboxed.runtime = 'docker'\nallowed_languages = [{names}, 'Python']\n"

    *others, last = check_text(text, env={}, policy=Policy(languages=["python"])).diagnostics

    assert 30 == sum(d.fix is None for d in others)
    assert last.fix


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("enabled = false\ntimeout_sec = 600", Policy(max_timeout_secs=60)),
        ('enabled = false\nmode = "Wasm"', Policy(modes=["external"])),
    ],
)
def test_a_fix_that_leaves_a_warning_for_an_error_is_offered(text, policy):
    [found] = check_text(HEADER + text, env={}, policy=policy).errors

    mended = check_text(apply_fixes(HEADER + text, [found.fix]), env={}, policy=policy)
    assert ([], ["policy-violation"]) == (list(mended.errors), [d.code for d in mended.warnings])


def test_a_number_of_the_environment_is_not_repeated():
    [found] = check_mapping({"timeout_secs": "${T}"}, env={"T": "4711"}, policy=Policy(max_timeout_secs=60)).diagnostics

    assert "the value from T is more than the policy's maximum of 60 seconds" in found.message
    assert "4711" not in str(found)


def test_a_language_of_the_environment_is_not_repeated():
    table = {"mode": DOCKER, "allowed_languages": ["${L}"]}

    [found] = check_mapping(table, env={"L": "ruby"}, policy=Policy(languages=["python"])).diagnostics

    assert "ruby" not in str(found)


def test_defaults_that_are_permitted_break_nothing():
    assert check_text("", env={}, policy=Policy(languages=["python", "javascript", "ruby"])).ok


def test_a_malformed_key_in_the_file_is_malformed_first():
    table = {"mode": {"external": {"url": "https://h", "api_key": "a b "}}}
    report = check_mapping(table, env={}, policy=Policy(allow_literal_secrets=False))

    assert ["malformed-secret"] == [d.code for d in report.diagnostics]


def test_a_hard_limit_is_said_before_the_policys():
    report = check_mapping({"timeout_secs": 100_000}, env={}, policy=Policy(max_timeout_secs=60))

    assert ["out-of-range"] == [d.code for d in report.diagnostics]


def test_what_is_only_a_warning_since_the_section_is_off_is_said_before_the_policys():
    table = {"enabled": False, "mode": DOCKER, "max_memory_mb": 5}
    report = check_mapping(table, env={}, policy=Policy(max_memory_mb=4))

    assert [("out-of-range", Severity.WARNING)] == [(d.code, d.severity) for d in report.diagnostics]


def test_a_breach_replaces_what_would_only_be_remarked():
    table = {"mode": DOCKER, "allowed_languages": ["python", "brainfuck", "python"]}
    report = check_mapping(table, env={}, policy=Policy(languages=["ruby"]))

    assert ["policy-violation"] * 3 == [d.code for d in report.diagnostics]


def test_a_breach_replaces_the_warning_on_plain_http():
    table = {"mode": {"external": {"url": "http://h.example"}}}
    report = check_mapping(table, env={}, policy=Policy(url_hosts=["other"]))

    assert ["policy-violation", "missing-secret"] == [d.code for d in report.diagnostics]


@pytest.mark.parametrize(
    ("table", "said", "way_out"),
    [
        (
            {"allowed_languages": ["ruby"]},
            "mode wasm runs python and javascript only",
            "; choose a sandboxed or external mode for other languages",
        ),
        ({"max_memory_mb": 5000}, "write 4096 or less", ", or choose another mode"),
    ],
)
@pytest.mark.parametrize(("modes", "elsewhere"), [(["wasm"], False), ([], False), (["wasm", "external"], True)])
def test_no_help_has_another_mode_chosen_where_none_is_permitted(table, said, way_out, modes, elsewhere):
    report = check_mapping({"mode": "wasm", **table}, env={}, policy=Policy(modes=modes))
    [found] = [found for found in report.errors if found.code != "policy-violation"]

    assert said + way_out * elsewhere == found.help


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://h.example", "the policy does not permit this host either way: it permits other, *.test"),
        ("${U}", "the policy does not permit the host from U either way: it permits other, *.test"),
        ("http://h.test", "permit it in code"),
        ("http://0.0.0.0:80", "0.0.0.0 is an address to listen on"),
    ],
)
def test_no_help_permits_plain_http_to_a_host_that_is_not_permitted(url, said):
    table = {"mode": {"external": {"url": url, "api_key": "${K}"}}}
    policy = Policy(url_hosts=["other", "*.test"])
    [found] = check_mapping(table, env={"U": "http://u.example", "K": "k"}, policy=policy).errors

    assert "insecure-url" == found.code
    assert found.help.startswith(said)


@pytest.mark.parametrize("mode", ['api_key = "k"', 'api_key = ""', 'url = "https://u:p@h.example"', "x = 1"])
@pytest.mark.parametrize(
    ("policy", "allow_env", "name"),
    [
        (None, None, "CODE_EXEC_API_KEY"),
        (["CODE_EXEC_*"], None, "CODE_EXEC_API_KEY"),
        (["CE_*"], None, "NAME"),
        (None, ["CE_*"], "NAME"),
    ],
)
def test_no_help_names_a_variable_that_the_file_may_not_read(mode, policy, allow_env, name):
    text = f"{HEADER}[features.code_execution.mode.external]\n{mode}\n"
    text += "" if "url" in mode else 'url = "https://h.example"\n'
    found = check_text(text, env={}, policy=Policy(allow_env=policy), allow_env=allow_env).diagnostics

    assert any(f"${{{name}}}" in (each.help or "") for each in found)
    assert "NAME" == name or not any("${NAME}" in (each.help or "") for each in found)


@pytest.mark.parametrize("key", ["sk-live-1", "op://vault/item/field"])
def test_a_breach_replaces_the_warning_on_a_key_in_the_file(key):
    table = {"mode": {"external": {"url": "https://h.example", "api_key": key}}}
    report = check_mapping(table, env={}, policy=Policy(allow_literal_secrets=False))

    assert ["policy-violation"] == [d.code for d in report.diagnostics]


@pytest.mark.parametrize(
    ("key", "allow_env", "hint", "fixed"),
    [
        ("$CE_KEY", None, 'write api_key = "${CE_KEY}"', "${CE_KEY}"),
        ("$CE_KEY", ["CE_*"], 'write api_key = "${CE_KEY}"', "${CE_KEY}"),
        ("$CE_KEY", ["X"], 'put it into the environment and write api_key = "${NAME}"', None),
        ("Bearer $<CE_KEY>", ["CE_*"], 'write the reference alone: api_key = "${CE_KEY}"', None),
        ("$${CE_KEY}", None, "two dollar signs stand for a literal one; write ${NAME} for the variable", None),
        ("op://vault/item/field", None, 'a key comes from the environment: write api_key = "${NAME}"', None),
    ],
)
def test_a_key_in_the_file_has_the_way_out_that_it_has_without_a_policy(key, allow_env, hint, fixed):
    """But for a variable that the policy refuses."""
    text = HEADER + f'mode.external = {{ url = "https://h.example", api_key = "{key}" }}\n'
    policy = Policy(allow_literal_secrets=False, allow_env=allow_env)
    [found] = check_text(text, env={"CE_KEY": "k"}, policy=policy).errors

    assert "policy-violation" == found.code
    assert found.help.startswith(hint)
    assert (found.fix and apply_fixes(text, [found.fix])) == (fixed and text.replace(key, fixed))


def test_nothing_more_is_said_of_a_language_that_the_mode_does_not_run():
    report = check_mapping({"allowed_languages": ["ruby"]}, env={}, policy=Policy(languages=["python"]))

    assert ["unsupported-language"] == [d.code for d in report.diagnostics]


@pytest.mark.parametrize("mode", ["wasm", {"wasm": {}}, DOCKER, SERVICE, {"external": {"url": "https://${H}"}}])
@pytest.mark.parametrize(
    "unread", [{"allowed_languages": ["${A}"]}, {"timeout_secs": "${T}"}, {"max_memory_mb": "${M:-5}"}]
)
def test_a_disabled_section_with_unread_references_is_judged_in_any_mode(mode, unread):
    report = check_mapping({"enabled": False, "mode": mode, **unread}, env={}, policy=Policy())

    assert report.ok
    assert report.config.enabled is False


def test_a_disabled_section_is_only_warned():
    table = {"enabled": False, "timeout_secs": 300}
    report = check_mapping(table, env={}, policy=Policy(max_timeout_secs=60))

    assert [("policy-violation", Severity.WARNING)] == [(d.code, d.severity) for d in report.diagnostics]
    assert 300 == report.config.timeout_secs


@pytest.mark.parametrize("host", ["code-exec", "CODE-EXEC", "code-exec."])
@pytest.mark.parametrize("pattern", ["CODE-*", "code-exec.", "[a-d]ode-exec", "*-e?ec"])
def test_insecure_hosts_permits_plain_http_with_a_key(host, pattern):
    table = {"mode": {"external": {"url": f"http://{host}:8080/run", "api_key": "${K}"}}}
    policy = Policy(insecure_hosts=["other", "::1", "fd00:*", "[ab]:*", pattern])

    assert not check_mapping(table, env={"K": "k"}).ok
    assert not check_mapping(table, env={"K": "k"}, policy=Policy(insecure_hosts=["other"])).ok
    report = check_mapping(table, env={"K": "k"}, policy=policy)
    assert () == report.diagnostics
    assert External(url=f"http://{host}:8080/run", api_key=Secret("k")) == report.config.mode
    assert host in to_toml(report.config)


def test_the_variables_of_argument_and_policy_must_both_be_allowed():
    table = {"timeout_secs": "${A_B}"}
    env = {"A_B": "5"}

    assert 5 == load_mapping(table, env=env, policy=Policy(allow_env=["A_*"])).timeout_secs
    for policy, allowed in ((["B_*"], None), (["A_*"], ["B_*"]), (["B_*"], ["A_*"])):
        report = check_mapping(table, env=env, policy=Policy(allow_env=policy), allow_env=allowed)
        assert ["forbidden-variable"] == [d.code for d in report.diagnostics]
        assert () == report.env_reads


@pytest.mark.parametrize("policy", [{}, "policy.toml", 3])
def test_a_policy_of_another_type_is_a_type_error(policy):
    with pytest.raises(TypeError, match="policy must be a Policy or None"):
        loads("", policy=policy)


# -- in code -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "kind", "said"),
    [
        ({"max_timeout_secs": "x"}, TypeError, "max_timeout_secs: expected an int or None, found a str"),
        ({"max_timeout_secs": True}, TypeError, "found a bool"),
        ({"languages": "python"}, TypeError, "languages: expected a list or tuple of str or None"),
        ({"allow_env": ["A", None]}, TypeError, r"allow_env\[1\]: expected a str, found None"),
        ({"allow_literal_secrets": None}, TypeError, "allow_literal_secrets: expected a bool"),
        ({"max_memory_mb": 0}, ValueError, "max_memory_mb: 0 is less than the minimum"),
        ({"modes": ["wsm"]}, ValueError, r"modes\[0\]: invalid mode: did you mean "),
        ({"runtimes": ["podman"]}, ValueError, r"runtimes\[0\]: invalid runtime"),
        ({"minimum_isolation": "kata"}, ValueError, "minimum_isolation: invalid runtime"),
        ({"languages": ["C D"]}, ValueError, r"languages\[0\]: invalid language name"),
        ({"url_hosts": [""]}, ValueError, r"url_hosts\[0\]: this pattern matches no host: it is empty"),
        ({"url_hosts": ["https://a"]}, ValueError, "it is a URL"),
        ({"url_hosts": ["a/b"]}, ValueError, "part of one"),
        ({"url_hosts": [".a"]}, ValueError, "begins with a dot"),
        ({"url_hosts": ["a:8080"]}, ValueError, "it has a port"),
        ({"url_hosts": ["*:8080"]}, ValueError, "it has a port"),
        ({"url_hosts": [":80"]}, ValueError, "it has a port"),
        ({"url_hosts": ["a.example.com:*"]}, ValueError, "it has a port"),
        ({"url_hosts": ["[::1]"]}, ValueError, "the brackets of a URL"),
        ({"url_hosts": ["[::1]:80"]}, ValueError, "the brackets of a URL"),
        ({"insecure_hosts": ["a b"]}, ValueError, "hosts cannot have"),
        ({"insecure_hosts": ["u@h"]}, ValueError, "hosts cannot have"),
        ({"insecure_hosts": ["!a"]}, ValueError, "hosts cannot have"),
        ({"url_hosts": ["[a-z"]}, ValueError, "hosts cannot have"),
        ({"allow_env": ["$A"]}, ValueError, "names cannot have"),
        ({"allow_env": ["CODE-EXEC-*"]}, ValueError, "names cannot have"),
        ({"allow_env": ["!CODE_*"]}, ValueError, "names cannot have"),
        ({"allow_env": ["CODE_[A-Z"]}, ValueError, "names cannot have"),
        ({"allow_env": [""]}, ValueError, "it is empty"),
    ],
)
def test_a_wrong_entry_is_a_wrong_argument(entries, kind, said):
    with pytest.raises(kind, match=said):
        Policy(**entries)


def test_a_glob_may_hold_ranges_and_what_they_exclude():
    Policy(allow_env=["CODE_[A-Z0-9]*", "[!a-z]?_KEY"], url_hosts=["h-[0-9].*", "[!a]*.example.com", "fd00:[0-9a-f:]*"])


def test_a_policy_is_data():
    policy = Policy(languages=["python"], minimum_isolation="gvisor")

    assert Policy(languages=("python",), minimum_isolation=Runtime.GVISOR) == policy
    assert policy == pickle.loads(pickle.dumps(policy))  # noqa: S301 -- our own
    assert {key.default for key in keys_of(Policy)} == {None, True}


# -- from a file -------------------------------------------------------------------------------------------------------


@pytest.fixture
def policy_file(tmp_path):
    def write(text):
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_policy_file_holds_the_entries_at_its_root(policy_file):
    path = policy_file('max_timeout_secs = 60\nmodes = ["wasm"]\nallow_literal_secrets = false\n')

    assert Policy(max_timeout_secs=60, modes=["wasm"], allow_literal_secrets=False) == load_policy(path)
    assert Policy() == load_policy(policy_file(""))


def test_a_breach_names_the_place_in_the_policy_file(policy_file, tmp_path):
    path = policy_file("# ours\nmax_timeout_secs = 60\n")
    app = tmp_path / "app.toml"
    app.write_text(HEADER + "timeout_secs = 61\n", encoding="utf-8")

    [found] = check_file(app, env={}, policy=load_policy(path)).diagnostics

    [related] = found.related
    assert (str(path), 2, 20) == (related.file, related.span.start.line, related.span.start.column)
    assert "max_timeout_secs = 60" == related.excerpt
    with pytest.raises(ConfigError, match=r"policy\.toml"):
        load(app, env={}, policy=load_policy(path))


def test_a_breach_without_a_policy_file_names_the_entry():
    [found] = check_mapping({"timeout_secs": 61}, env={}, policy=Policy(max_timeout_secs=60)).diagnostics

    assert "`max_timeout_secs`" in found.message
    assert () == found.related


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("max_timeout_sec = 60", ("unknown-key", "max_timeout_sec")),
        ("max_memory_mb = 0", ("out-of-range", "max_memory_mb")),
        ('max_memory_mb = "512"', ("wrong-type", "max_memory_mb")),
        ('languages = ["ruby", "Py thon"]', ("invalid-language", "languages", 1)),
        ('languages = "ruby"', ("wrong-type", "languages")),
        ("languages = [3]", ("wrong-type", "languages", 0)),
        ('modes = ["wasm", "sandbox"]', ("unknown-mode", "modes", 1)),
        ('runtimes = ["gvisr"]', ("unknown-runtime", "runtimes", 0)),
        ('minimum_isolation = "gvisr"', ("unknown-runtime", "minimum_isolation")),
        ('url_hosts = ["${H}"]', ("reference-not-allowed", "url_hosts", 0)),
        ('languages = ["${X}"]', ("reference-not-allowed", "languages", 0)),
        ('languages = "${X}"', ("reference-not-allowed", "languages")),
        ('max_timeout_secs = "${T}"', ("reference-not-allowed", "max_timeout_secs")),
        ('max_memory_mb = "${T:-512}"', ("reference-not-allowed", "max_memory_mb")),
        ('allow_literal_secrets = "$<A>"', ("reference-not-allowed", "allow_literal_secrets")),
        ('minimum_isolation = "${M"', ("reference-not-allowed", "minimum_isolation")),
        ('stray = "${T}"', ("unknown-key", "stray")),
        ('stray = { a = ["${T}"] }', ("unknown-key", "stray")),
        ('allow_literal_secrets = "no"', ("wrong-type", "allow_literal_secrets")),
        ('url_hosts = ["a", "https://b"]', ("invalid-url", "url_hosts", 1)),
        ('insecure_hosts = ["b:80"]', ("invalid-url", "insecure_hosts", 0)),
        ('allow_env = ["$A"]', ("invalid-reference", "allow_env", 0)),
    ],
)
def test_a_broken_policy_file_gets_findings_at_their_places(policy_file, line, found):
    with pytest.raises(ConfigError) as caught:
        load_policy(policy_file(f"# first\n{line}\n"))

    [diagnostic] = caught.value.diagnostics
    assert found == (diagnostic.code, *diagnostic.path)
    assert 2 == diagnostic.span.start.line


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ('modes = ["wasm", "sandbox"]', '"sandboxed"'),
        ('runtimes = ["gvisr"]', '"gvisor"'),
        ("minimum_isolation = 'Docker'", "'docker'"),
        ('max_memory_mb = "512"', "512"),
        ('languages = ["python", "Ruby"]', '"ruby"'),
        ('modes = ["cloud"]', None),
    ],
)
def test_a_slip_in_a_policy_file_has_its_fix(policy_file, line, written):
    with pytest.raises(ConfigError) as caught:
        load_policy(policy_file(f"{line}\n"))

    [diagnostic] = caught.value.diagnostics
    assert (written and [written]) == (diagnostic.fix and [edit.text for edit in diagnostic.fix.edits])


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("max_timeout_secs = 2m # why", "max_timeout_secs = 120 # why"),
        ("max_memory_mb = 1_024 MB", "max_memory_mb = 1024"),
        ("max_timeout_secs = 2d", None),
        ("max_timeout_secs: 60", "max_timeout_secs = 60"),
        ("max_timeout_secs = $T", None),
        ("allow_literal_secrets = no", "allow_literal_secrets = false"),
        ("minimum_isolation = gvisor", 'minimum_isolation = "gvisor"'),
        ("minimum_isolation = gVisor", None),
        ("modes = wasm", 'modes = ["wasm"]'),
        ("modes = [wasm, external]", 'modes = ["wasm", "external"]'),
        ("modes = [wasm, docker]", 'modes = ["wasm", docker]'),
        ("modes = [docker]", None),
        ("runtimes = docker, gvisor", 'runtimes = ["docker", "gvisor"]'),
        ("languages = [python, pyton]", 'languages = ["python", pyton]'),
        ("allow_env = [CODE_EXEC_KEY]", 'allow_env = ["CODE_EXEC_KEY"]'),
        ("allow_env = CODE_EXEC_*", None),
        ("url_hosts = [h.example.com]", 'url_hosts = ["h.example.com"]'),
    ],
)
def test_a_policy_file_that_is_not_toml_is_read_by_the_keys_of_a_policy(policy_file, line, mended):
    with pytest.raises(ConfigError) as caught:
        load_policy(policy_file(line))

    [diagnostic] = caught.value.diagnostics
    assert "invalid-toml" == diagnostic.code
    assert mended == (diagnostic.fix and apply_fixes(line, [diagnostic.fix]))


def test_the_help_for_a_list_of_a_policy_shows_what_the_list_takes(policy_file):
    def helped(line):
        with pytest.raises(ConfigError) as caught:
            load_policy(policy_file(line))
        return caught.value.diagnostics[0].help

    assert 'write a list in brackets, such as ["gvisor"]' == helped("runtimes = x")
    assert 'a list is written in brackets, such as ["*.example.com"]' == helped("url_hosts = {'a', 'b'}")


@pytest.mark.parametrize(
    "pattern",
    ["u:CANARY@h", "CANARY@h", "CANARY@h//@", "https://u:CANARY@h", "//u:CANARY@h", "h?key=CANARY", r"u:CANARY\u0040h"],
)
@pytest.mark.parametrize("key", ["url_hosts", "insecure_hosts"])
def test_a_credential_in_a_host_of_a_policy_file_is_masked(policy_file, key, pattern):
    with pytest.raises(ConfigError) as raised:
        load_policy(policy_file(f'{key} = ["{pattern}"]'))
    assert "CANARY" not in str(raised.value)
    assert "matches no host" in str(raised.value)


def test_a_doubtful_name_in_a_policy_file_is_a_warning(policy_file):
    path = policy_file('modes = ["sandboxed"]\nlanguages = ["python", "py", "python"]\n')

    with pytest.warns(ConfigWarning) as caught:
        policy = load_policy(path)

    found = [(str(w.message.diagnostic.code), w.message.diagnostic.span.start.column, w.filename) for w in caught]
    assert [("unknown-language", 24, __file__), ("duplicate-language", 30, __file__)] == found
    assert ("python", "py", "python") == policy.languages


@pytest.mark.parametrize(
    ("entry", "example"), [("languages", "python"), ("modes", "wasm"), ("url_hosts", "*.example.com")]
)
def test_a_list_without_brackets_is_shown_with_an_entry_of_its_own(policy_file, entry, example):
    with pytest.raises(ConfigError) as caught:
        load_policy(policy_file(f"{entry} = 3\n"))

    assert f'write it in brackets, such as ["{example}"]' == caught.value.diagnostics[0].help


@pytest.mark.parametrize(("raw", "code"), [(b"x =", "invalid-toml"), (b"\xff", "invalid-encoding")])
def test_a_policy_file_that_is_not_toml_is_said_so(tmp_path, raw, code):
    path = tmp_path / "p.toml"
    path.write_bytes(raw)

    with pytest.raises(ConfigError) as caught:
        load_policy(path)

    assert [(code, str(path))] == [(d.code, d.file) for d in caught.value.diagnostics]


def test_a_policy_file_that_cannot_be_read_is_said_so(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_policy(tmp_path / "missing.toml")
    assert ["unreadable-file"] == [d.code for d in caught.value.diagnostics]
    with pytest.raises(ConfigError) as caught:
        load_policy(tmp_path)
    assert [None] == [d.help for d in caught.value.diagnostics]  # a folder of files to check would help
    with pytest.raises(TypeError, match="not bytes"):
        load_policy(b"policy.toml")


def test_a_text_in_place_of_the_path_of_a_policy_is_not_repeated():
    with pytest.raises(ConfigError) as caught:
        assert_no_leak(lambda: load_policy('api_key = "sk-live-0canary0"\n'), ["sk-live-0canary0"])

    assert ["<text>"] == [d.file for d in caught.value.diagnostics]


def test_remarks_crowd_out_no_breach():
    """A report is cut short at a thousand findings, and what breaks the policy is among them."""
    names = [f"lang{number}" for number in range(1_100)]
    text = f"[features.code_execution]\nmode.sandboxed.runtime = 'docker'\nallowed_languages = {names}\n"

    report = check_text(text, policy=Policy(max_timeout_secs=10), env={})

    assert not report.ok
    assert ["policy-violation"] == [finding.code for finding in report.errors]


def test_a_long_list_of_breaches_leaves_no_remark_on_the_same_entries():
    names = [f"lang{number}" for number in range(2_200)]
    text = f"[features.code_execution]\nmode.sandboxed.runtime = 'docker'\nallowed_languages = {names}\n"

    report = check_text(text, policy=Policy(languages=["python"]), env={})

    assert {"policy-violation"} == {finding.code for finding in report.diagnostics}


def test_a_stray_key_of_a_policy_has_the_help_of_one_whatever_it_is_called(policy_file):
    with pytest.raises(ConfigError) as raised:
        load_policy(policy_file("variable_reference = 1\n"))

    [found] = raised.value.diagnostics
    assert "the keys are " in found.help


@pytest.mark.parametrize(
    "line",
    [
        'max_timeout_secs = "$T_SECS"',
        "max_timeout_secs = ${T}",
        "max_memory_mb = $T_SECS",
        'languages = ["$LANG_1"]',
        "languages = [${L}]",
        "url_hosts = [${H}]",
        "url_hosts = [x.${H}]",
        'allow_literal_secrets = "%X_Y%"',
        'max_memory_mb = "CE_MEM"',
        'languages = "$LANG_1"',
        'max_timeout_secs = "${T}"',
    ],
)
def test_no_help_and_no_fix_writes_a_reference_into_a_policy(line, policy_file):
    with pytest.raises(ConfigError) as raised:
        load_policy(policy_file(f"{line}\n"))

    [found] = raised.value.diagnostics
    assert ("write the value itself: a policy is the same in every environment", None) == (found.help, found.fix)


@pytest.mark.parametrize("value", ["$T_SECS", "${T_SECS}", "$<T>", "%T_SECS%", '"${T_SECS}"'])
def test_a_variable_in_a_policy_is_refused_in_quotes_and_without(value, policy_file):
    with pytest.raises(ConfigError, match="a policy takes no references"):
        load_policy(policy_file(f"max_timeout_secs = {value}\n"))


@pytest.mark.parametrize(
    ("line", "policy"),
    [
        ("timeout_sec = 5", Policy(max_timeout_secs=10)),
        ("timeout_ms = 30_000", Policy(max_timeout_secs=10)),
        ("max_memory = 100", Policy(max_memory_mb=128)),
        ('languages = ["python"]', Policy(languages=["python"])),
    ],
)
def test_a_key_under_another_name_has_no_default_that_breaks_the_policy(line, policy):
    [found] = check_text(f"[features.code_execution]\n{line}\n", env={}, policy=policy).errors
    assert "unknown-key" == found.code


def test_a_key_that_is_none_of_ours_leaves_the_default_to_the_policy():
    text = "[features.code_execution]\nretries = 5\n"
    found = check_text(text, env={}, policy=Policy(max_timeout_secs=10)).errors
    assert {"unknown-key", "policy-violation"} == {finding.code for finding in found}


@pytest.mark.parametrize(
    ("runtime", "policy", "permitted"),
    [
        ("docker", Policy(runtimes=["docker", "gvisor"], minimum_isolation="gvisor"), "gvisor"),
        ("docker", Policy(runtimes=["docker", "gvisor"], minimum_isolation="firecracker"), "none"),
        ("gvisor", Policy(runtimes=["docker", "firecracker"], minimum_isolation="gvisor"), "firecracker"),
    ],
)
def test_the_sandboxes_that_are_named_are_those_that_both_entries_permit(runtime, policy, permitted):
    table = {"mode": {"sandboxed": {"runtime": runtime}}}
    [found] = check_mapping(table, env={}, policy=policy).errors
    assert f"the policy permits {permitted}" == found.help


def test_an_address_of_version_4_too():
    table = {"mode": {"external": {"url": "http://10.1/", "api_key": "${K}"}}}

    assert check_mapping(table, env={"K": "k"}, policy=Policy(insecure_hosts=["10.0.0x1"])).ok


@pytest.mark.parametrize("pattern", ["2001:db8:0::1", "2001:DB8::1", "2001:db8::*", "2001:db8::?"])
def test_an_address_matches_in_any_spelling(pattern):
    table = {"mode": {"external": {"url": "https://[2001:db8::0:1]/", "api_key": "${K}"}}}

    assert check_mapping(table, env={"K": "k"}, policy=Policy(url_hosts=[pattern])).ok
    assert not check_mapping(table, env={"K": "k"}, policy=Policy(url_hosts=["2001:db8::2"])).ok


def test_a_policy_file_with_an_error_has_its_warnings_too(policy_file):
    with pytest.raises(ConfigError) as caught:
        load_policy(policy_file('languages = ["py", "Python", "r", "r", 3]\nmax_timeout_secs = 0\n'))

    assert [
        ("unknown-language", ("languages", 0)),
        ("invalid-language", ("languages", 1)),
        ("duplicate-language", ("languages", 3)),
        ("wrong-type", ("languages", 4)),
        ("out-of-range", ("max_timeout_secs",)),
    ] == [(found.code, found.path) for found in caught.value.diagnostics]
