"""References in the syntax of other tools: recognised, but never treated as more than text."""

from __future__ import annotations

import pytest

from codeexec_config import Report, check_mapping, check_text
from codeexec_config.rules.foreign import braced, recognised, unpadded

EXTERNAL = "[features.code_execution.mode.external]\n"
NAMING = [
    *(
        "$CE_KEY",
        "$$CE_KEY",
        "$env:CE_KEY",
        "$Env:CE_KEY",
        "$ENV{CE_KEY}",
        "$(CE_KEY)",
        "$(printenv CE_KEY)",
        "$[CE_KEY]",
    ),
    *("%CE_KEY%", "!CE_KEY!", "%(CE_KEY)s", "%env(CE_KEY)%", "@{CE_KEY}", "#{CE_KEY}", "#{CE_KEY}#", "$< CE_KEY >"),
    *("{CE_KEY}", "{{CE_KEY}}", "{{ CE_KEY }}", "{{ env.CE_KEY }}", "{{ .Env.CE_KEY }}", "{{ secrets.CE_KEY }}"),
    *("{env:CE_KEY}", "{{env:CE_KEY}}", "{$CE_KEY}", '{{ env "CE_KEY" }}', "{{ lookup('env', 'CE_KEY') }}"),
    *("env:CE_KEY", "ENV:CE_KEY", "env://CE_KEY", "env(CE_KEY)", "env.CE_KEY", "!env CE_KEY", "vars.CE_KEY"),
    *("os.environ/CE_KEY", 'os.environ["CE_KEY"]', "os.environ['CE_KEY']", 'os.environ.get("CE_KEY")'),
    *(
        'os.getenv("CE_KEY", "")',
        "os.getenv('CE_KEY', None)",
        "env('CE_KEY',)",
        "process.env.CE_KEY",
        "process.env['CE_KEY']",
        "ENV[CE_KEY]",
        'ENV["CE_KEY"]',
    ),
    *("<%= ENV['CE_KEY'] %>", "CE_KEY"),
    *('ENV.fetch("CE_KEY")', "ENV.fetch('CE_KEY', nil)", 'env!("CE_KEY")', 'std::env::var("CE_KEY")'),
    *("@CE_KEY@", "__CE_KEY__", "[[CE_KEY]]", "[[ CE_KEY ]]"),
]
MANAGERS = """
1password akeyless akv awssecretsmanager aws-sm azure-keyvault bitwarden bws chamber conjur credhub cyberark doppler enc
exec cmd gcp-secretmanager gopass gsm hashicorp-vault infisical k8s keepassxc keychain key-vault kms kubernetes lastpass
openbao pass path sm sops secrets-manager secretref vault wincred
"""
NAMELESS = [
    *("$ce_key", "%ce_key%", "{ce_key}", "env:ce_key", "$AKIAIOSFODNN7EXAMPLE", "{{ secrets.ce }}", "SECRET[ce]"),
    *(
        "op://vault/item",
        "vault:secret/data/ce#key",
        "awssm:ce",
        "gcpsm://p/s",
        "ssm:/ce",
        "keyring:ce",
        "ref+vault://x",
    ),
    *("arn:aws:secretsmanager:eu-west-1:1:secret:x", "projects/p/secrets/s", "https://x.vault.azure.net/secrets/ce"),
    *("@Microsoft.KeyVault(SecretUri=x)", "!vault x", "$(cat /run/secrets/x)", "`pass ce`"),
    *("!secret ce", "!sops ce", "!include ce.yml", "!file ce", "store://ce", "@ce.yaml"),
    *("#{ce}", "%{ce}", "@{ce}", "#{a{b}c}"),
    *('os.getenv("CE_KEY", "x")', "os.environ.get('CE_KEY', f(x))", "env(CE_KEY, 'none')", "env('CE_KEY', '', 1)"),
    *(f"{manager}:ce" for manager in MANAGERS.split()),
    *("$secret{ce}", "$sys{ce.key}", "$file{/run/secrets/ce}"),
    *("ENC[AES256_GCM,data:c2Vj,iv:aXY=,tag:dGFn,type:str]", "ENV.fetch('CE_KEY', 'x')", 'std::env::var("ce")'),
    *(
        "/run/secrets/x",
        "/etc/code-exec/key.txt",
        "file:/run/secrets/x",
        "~/.ce_key",
        "./ce.key",
        "C:\\keys\\ce",
        "@/run/x",
        "/run/secrets/v2/ce-key",
        f"$({'x' * 297})",
    ),
]
KEYS = [
    *("sk-live-1", "AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "two words", "user:pass", "123"),
    *("/9j/4AAQSkZJRg+x==", "/abc9efghijklmn0pqrstu/xyz", "abc/def", "$2b$12$abc", '{"a": 1}', "passw0rd", "secrets"),
    *("_CEKEY_", "CE_JBSWY3DPEHPK3PXP", "CE_ABCDEFGHIJKLMNO1", f"$({'x' * 298})"),
    *("YOUR_API_KEY", "CHANGE_ME", "INSERT_KEY", "REPLACE_THIS_KEY", "API_KEY_HERE", "TODO_KEY"),
    *("@passw0rd@", "@ce_key@", "[[ce]]", "__YOUR_API_KEY__", "ENC[c2Vj]", "a@CE_KEY@", "__ce_key__", "$pw{ce}"),
    *("$${CE_KEY}", "Bearer $CE_KEY", "JBSWY3DPEHPK3PXP_JBSWY3DPEHPK3PXP", "A_B" * 101, "", "$", "%%", "env:", "CEKEY"),
]


def keyed(text: str) -> Report:
    external = {"url": "https://h.example.com", "api_key": text}
    return check_mapping({"mode": {"external": external}}, env={})


def fixed(line: str, header: str = "[features.code_execution]\n") -> tuple[str | None, str]:
    """Return what the one fix of a line writes, and the help."""
    [finding] = check_text(f"{header}{line}\n", env={"K": "k", "A": "a"}).errors
    return finding.fix and finding.fix.edits[0].text, finding.help or ""


@pytest.mark.parametrize("text", NAMING)
def test_a_variable_in_capitals_is_offered_in_braces(text: str) -> None:
    [finding] = keyed(text).diagnostics

    assert "foreign-reference" == finding.code
    assert "CE_KEY" not in finding.message
    assert 'write api_key = "${CE_KEY}"' == finding.help
    assert "${CE_KEY}" == braced(text)


@pytest.mark.parametrize("text", NAMELESS)
def test_what_names_no_such_variable_gets_no_fix_and_is_not_repeated(text: str) -> None:
    [finding] = keyed(text).diagnostics

    assert ("foreign-reference", None) == (finding.code, finding.fix)
    assert text not in f"{finding.message}{finding.help}"
    assert braced(text) is None


@pytest.mark.parametrize("text", KEYS)
def test_a_key_is_a_key(text: str) -> None:
    assert recognised(text) is None


@pytest.mark.parametrize("name", ["CE_X", "CODE_EXEC_KEY_2", "CE_ABCDEFGHIJKLMN1", "_CE_", "A_B", "TODOIST_KEY"])
def test_a_name_in_capitals_with_an_underscore_in_it_is_a_variable(name: str) -> None:
    assert (f"${{{name}}}" if "_" in name.strip("_") else None) == braced(name)
    assert f"${{{name}}}" == braced(f"${name}")


def test_a_variable_called_as_a_placeholder_is_one_where_its_syntax_says_so() -> None:
    assert "${YOUR_API_KEY}" == braced("$YOUR_API_KEY")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("https://${CE_HOST}/" + "x" * 283, "https://$CE_HOST/" + "x" * 283),
        (None, "https://$CE_HOST/" + "x" * 284),
        (None, "https://$$CE_HOST/"),
        (None, "https://${ x }.$CE_HOST/"),
        (None, "https://${P:-pw}.$CE_HOST/"),
        ("https://${P}.${CE_HOST}/", "https://${P}.$CE_HOST/"),
        (None, "$JBSWY3DPEHPK3PXP/$CE_HOST"),
    ],
)
def test_variables_within_a_text_are_given_braces_where_nothing_else_may_be_meant(
    written: str | None, text: str
) -> None:
    assert written == braced(text)


@pytest.mark.parametrize(
    ("written", "text"), [("${A}", "${A} "), ("${A}${B}", "\t${A}${B}"), (None, "${A}x "), (None, " "), (None, "${A}")]
)
def test_blanks_are_taken_from_around_references_alone(written: str | None, text: str) -> None:
    assert written == unpadded(text)


@pytest.mark.parametrize("mark", ["$(", "{", "{{ ", "env", "getenv(", "_", "A_", "/a", "%", "a."])
def test_a_text_of_many_marks_is_read_at_once(mark: str) -> None:
    assert braced(f"{mark * 90}\0") is None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("${CE_URL}", "$CE_URL"),
        ("${CE_URL}", "%CE_URL%"),
        ("${CE_URL}", "CE_URL"),
        ("https://${CE_HOST}/run", "https://$CE_HOST/run"),
        ("http://${CE_HOST}:${P}", "http://%CE_HOST%:$(P)"),
        ("https://${CE_HOST}/", "https://$env:CE_HOST/"),
        ("https://${CE_HOST}/", "https://$env{CE_HOST}/"),
        ("http://${CE_HOST}:${P}", "http://$ENV{CE_HOST}:%{P}"),
        ("https://${CE_HOST}/run", "https://%ENV[CE_HOST]%/run"),
        ("https://${CE_HOST}/run", "https://[[CE_HOST]]/run"),
        ("https://${CE_HOST}/run", "https://$[CE_HOST]/run"),
    ],
)
def test_a_url_is_given_its_braces(written: str, text: str) -> None:
    assert (f'"{written}"', f'write "{written}"') == fixed(f'api_key = "${{K}}"\nurl = "{text}"', EXTERNAL)


@pytest.mark.parametrize(
    "text",
    ["$ce_url", "{url}", "https://$host", "https://u:${P:-pw}@$HOST", "$HOST/?code=x", "${U:-x} ", "https://[CAFE]/"],
)
def test_a_url_that_may_hold_more_than_a_name_is_not_written_anew(text: str) -> None:
    fix, hint = fixed(f'api_key = "${{K}}"\nurl = "{text}"', EXTERNAL)

    assert fix is None
    assert text not in hint


@pytest.mark.parametrize(
    "text", ["$T", "%T%", "{env:T}", "{{ T }}", "$(T)", "${T} ", " ${T}", "\t${T}", "os.environ['T']"]
)
@pytest.mark.parametrize("key", ["timeout_secs", "max_memory_mb", "enabled"])
def test_a_typed_key_is_given_its_braces(key: str, text: str) -> None:
    assert ('"${T}"', 'write "${T}"') == fixed(f'{key} = "{text}"')


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        ("a variable is written in braces, as in ${NAME}", "$t"),
        ("a reference is written alone between the quotes, as in ${NAME}", "${T}s"),
        ("a reference is written alone between the quotes, as in ${NAME}", "${T:-30} "),
    ],
)
def test_a_typed_key_without_a_certain_cure_gets_the_form(hint: str, text: str) -> None:
    assert (None, hint) == fixed(f'timeout_secs = "{text}"')


def test_an_entry_of_a_list_is_given_its_braces() -> None:
    assert ('"${LANG_1}"', 'write "${LANG_1}"') == fixed('allowed_languages = ["$LANG_1"]')


def test_an_entry_is_given_its_braces_whatever_stands_beside_it() -> None:
    text = '[features.code_execution]\nallowed_languages = ["ruby", "$LANG_1", "sql"]\n'
    fixes = [finding.fix for finding in check_text(text, env={}).errors]

    assert [None, '"${LANG_1}"', None] == [fix and fix.edits[0].text for fix in fixes]


@pytest.mark.parametrize("text", ["${L}", "$L", "${L:-python}", "%L%", "$lang"])
def test_one_variable_gives_one_value(text: str) -> None:
    fix, hint = fixed(f'allowed_languages = "{text}"')

    assert fix is None
    assert 'one variable gives one value, and the list is in the file: write ["${A}", "${B}"]' == hint


@pytest.mark.parametrize("key", ["mode", "mode.sandboxed.runtime"])
def test_what_decides_the_isolation_is_given_no_braces(key: str) -> None:
    assert fixed(f'{key} = "$M"')[0] is None


@pytest.mark.parametrize(
    "text", ["${env:CE_KEY}", "${{ secrets.CE_KEY }}", "${ CE_KEY }", "${env.CE_KEY}", "${ENV['CE_KEY']}"]
)
def test_a_malformed_reference_that_names_a_variable_is_written_anew(text: str) -> None:
    good = 'url = "https://h.example.com"\n'

    assert ('"${CE_KEY}"', "write ${CE_KEY}") == fixed(f'{good}api_key = "{text}"', EXTERNAL)
    assert (None, "write ${CE_KEY}") == fixed(f'api_key = "${{K}}"\nurl = "https://{text}/"', EXTERNAL)
    assert (None, "write ${CE_KEY}") == fixed(f'{good}api_key = "{text} }}"', EXTERNAL)


def test_a_malformed_reference_in_mode_is_not() -> None:
    assert fixed('mode = "${ M }"')[0] is None


ALONE = 'write the reference alone: api_key = "${K}"'


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("'\"${K}\"'", "the quotes within the string are part of the key; remove them"),
        ("\"'${K}'\"", "the quotes within the string are part of the key; remove them"),
        ('"$${K}"', "two dollar signs stand for a literal one; write ${NAME} for the variable"),
        ("\"'k'\"", 'put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"'),
        ("'k$${K}'", 'put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"'),
        ("'\"${K}'", ALONE),
        ('"Bearer ${K}"', ALONE),
        ('"x-api-key: $<K>"', ALONE),
        ('"${K}}"', ALONE),
        ('"${K} # prod"', ALONE),
        ('"${K}:${K}"', ALONE),
        ('"Bearer ${K:-changeme}"', ALONE),
        ('"${K:-changeme}"', 'put it into the environment and write api_key = "${K}"'),
        ('"${K:-changeme}${A}"', 'put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"'),
        ('"${A}-${K}"', 'put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"'),
    ],
)
def test_a_reference_that_is_sent_with_what_stands_around_it_is_told_why(text: str, hint: str) -> None:
    section = f'[features.code_execution.mode.external]\nurl = "https://h"\napi_key = {text}\n'
    [finding] = check_text(section, env={"K": "k", "A": "a"}).diagnostics

    assert ("literal-secret", hint) == (finding.code, finding.help)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ('["${CE_KEY}"]', "CE_KEY"),
        ('["Bearer ${CE_KEY:-canary}"]', "CE_KEY"),
        ('{ env = "CE_KEY" }', "CE_KEY"),
        ('{ env = "${CE_KEY}" }', "CE_KEY"),
        ('{ value = "$CE_KEY" }', "CE_KEY"),
        ('["${ghp_16C7e42F292canary}"]', None),
        ('["canary"]', None),
        ('["https://$CE_HOST/canary"]', None),
        ('{ env = "CE_KEY", default = "canary" }', None),
        ('["${A}", "${B}"]', None),
        ('["${A}${B}"]', None),
        ('[["${CE_KEY}"]]', None),
        ("[]", None),
        ("[30]", None),
        ("true", None),
    ],
)
def test_an_array_or_a_table_in_the_place_of_a_key_is_told_the_variable_within(value: str, named: str | None) -> None:
    written = f"${{{named or 'CODE_EXEC_API_KEY'}}}"

    assert (None, f'write api_key = "{written}"') == fixed(f'url = "https://h"\napi_key = {value}', EXTERNAL)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://{$A}/", "https://${A}/"),
        ("https://$HOST:8080/x", "https://${HOST}:8080/x"),
        ("https://{{ HOST }}/", "https://${HOST}/"),
        ("\uff04{CE_URL}", None),
        ("$\u200b{A}", None),
        ("$CE_URL}", None),
        ("$A:-x", None),
        ("\\$T", None),
        ("&{T}", None),
        ("https://&{{HOST}}", None),
        ("https://{{{HOST}}}", None),
        ("https://%%A%%", None),
        ("https://%A%B%", None),
        ("https://$HOST[0]", None),
        ("https://$ENV:HOST", None),
        ("https://$HOST\\x", None),
        ('https://$HOST/"x', None),
        ("$A,$B", None),
        ("$T seconds", None),
        ("https://u:hunter2%40$HOST", None),
        ("https://$HOST&token=hunter2", None),
        ("https://$HOST;token=hunter2", None),
        ("https://u:hunter2:$HOST", None),
        ("https://$USER:hunter2/$HOST", None),
        ("curl -u x:hunter2 $URL", None),
        ("h.example.com:$PORT", "h.example.com:${PORT}"),
    ],
)
def test_a_variable_is_put_in_braces_only_where_nothing_is_left_of_its_own(text: str, written: str | None) -> None:
    assert written == braced(text)
