"""The URL of a service: one host, however it is spelt."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codeexec_config import check_text
from codeexec_config.keys import Key
from codeexec_config.rules import urls
from codeexec_config.rules.alone import judge, plain_host
from codeexec_config.rules.url_flaws import GENERAL, PORT, meant_url

EXTERNAL = "[features.code_execution.mode.external]\n"

FROM_ENVIRONMENT = "write the address itself, or the variable that contains it in braces, as in ${NAME}"


def finding_of(url, made=None):
    return judge(Key("text", form="url"), url, ("url",), {}, made=made)


def code_of(url):
    found = finding_of(url)
    return found and found.code


@pytest.mark.parametrize(
    "url",
    [
        "https://x",
        "HTTPS://X.example.com:443/path?a=b&c",
        "http://localhost:8080",
        "https://code_exec.svc.cluster.local",
        "https://10.0.0.1:1/",
        "https://[2001:db8::1]:65535/v2",
        "https://example.com./",
        "https://" + "a." * 125 + "com",
        "https://" + "a" * 63 + ".com",
        "https://255.255.255.255",
        "https://" + "0" * 31 + "1",
        "https://example.com:000000080",
        "https://1.2.65535",
        "https://example.com/ä",
        "https://example.com?a",
        "https://https",
        "https://http/run//x",
        "https://https.example.com//x",
    ],
)
def test_a_service_may_be_anywhere(url):
    assert code_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/path",
        "//example.com",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///path",
        "ftp://example.com",
        "https://exa mple.com",
        "https://example.com/\t",
        "https://example.com/\x7f",
        "https://example.com/\u200b",
        "https://example.com\\@evil.example",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:99990",
        "https://example.com:00000000000000000000000065536",
        "https://example.com:",
        "https://example.com:http",
        "https://example.com:1:2",
        "https://example.com/#top",
        "https://bücher.example",
        "https://exämple.com:80",
        "https://a@b@example.com",
        "https://.example.com",
        "https://exa..mple.com",
        "https://-example.com",
        "https://example-.com",
        "https://exa.-mple.com",
        "https://example.com-",
        "https://example.-com",
        "https://example.com..",
        "https://" + "a" * 64 + ".com",
        "https://" + "a." * 126 + "com",
        "https://" + "a." * 125 + "comm",
        "https://1.2.3.4.5",
        "https://1.2.3.4.0",
        "https://1.2.65536",
        "https://256.1.1.1",
        "https://1.256.1.1",
        "https://08.1.1.1",
        "https://4294967296",
        "https://0x1ffffffff",
        "https://" + "1" * 40,
        "https://" + "0" * 32 + "1",
        "https://[::1",
        "https://[::g]",
        "https://[v1.a]",
        "https://a[::1]",
        "https://ex%61mple.com",
        "https://https//example.com",
        "http://HTTP//example.com:80/",
        "HTTPS://http///",
    ],
)
def test_what_no_client_could_call_is_invalid(url):
    assert "invalid-url" == code_of(url)


def test_a_host_in_other_letters_is_shown_in_punycode():
    assert "write the host as xn--bcher-kva.example" == finding_of("https://bücher.example").help


def test_nothing_is_shown_of_a_host_that_the_environment_made():
    assert "xn--" not in finding_of("https://bücher.example", "U").help


def test_a_host_that_has_no_punycode_gets_the_general_hint():
    assert "write an absolute URL" in finding_of("https://ü..example").help


@pytest.mark.parametrize(
    "url",
    [
        "https://user@example.com",
        "https://:pw@example.com",
        "https://@example.com",
        "https://169.254.169.254@example.com",
        *(f"https://example.com/?a=1&{name}=x" for name in sorted({"key", "api_key", "TOKEN", "Access_Token", "sig"})),
        "https://example.com/?a=1;secret=x",
        "https://example.com/?%61uth=x",
        "https://example.com/?password",
        "https://user@169.254.169.254",
    ],
)
def test_credentials_do_not_belong_into_a_url(url):
    assert "credentials-in-url" == code_of(url)
    place = "user or password" if "@" in url else "query"
    assert finding_of(url).message.startswith(f"the {place} of the URL contains a credential")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.0.1",
        "169.254.169.254.",
        "0xA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.16689662",
        "169.254.43518",
        "2852039166",
        "[fe80::1]",
        "[febf::1%25eth0]",
        "[fd00:ec2::254]",
        "[FD00:0EC2:0:0:0:0:0:254]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "metadata",
        "METADATA.google.internal",
        "metadata.goog.",
        "instance-data",
        "instance-data.ec2.internal",
    ],
)
def test_a_metadata_service_is_refused_in_every_spelling(host):
    assert "metadata-url" == code_of(f"http://{host}/latest")


@pytest.mark.parametrize(
    "host", ["169.254.example.com", "[fec0::1]", "[::1]", "[::]", "metadata.example.com", "170.254.0.1"]
)
def test_a_host_that_only_looks_like_one_is_fine(host):
    assert code_of(f"https://{host}/") is None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "LOCALHOST", "a.localhost."],
)
def test_loopback_is_this_machine(host):
    assert urls.is_loopback(urls.parse(f"http://{host}:8080").host)


@pytest.mark.parametrize("host", ["127.example.com", "localhost.example.com", "128.0.0.1", "0.0.0.0", "[::2]"])
def test_other_hosts_are_not_loopback(host):
    assert not urls.is_loopback(urls.parse(f"http://{host}").host)


@pytest.mark.parametrize(
    ("spelling", "host"),
    [
        ("EXAMPLE.com.", "example.com"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("1.2", "1.0.0.2"),
        ("1.2.3", "1.2.0.3"),
        ("010.1.1.1", "8.1.1.1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("[64:ff9b::1.2.3.4]", "1.2.3.4"),
        ("[fe80::1%eth0]", "fe80::1"),
    ],
)
def test_a_host_has_one_spelling(spelling, host):
    assert host == urls.normalize_host(spelling)


@pytest.mark.parametrize(
    "host", ["256.1", "1.256.1", "1.2.256.1", "1.2.3.256", "1.2.65536", "1.16777216", "4294967296"]
)
def test_a_part_that_is_too_large_makes_no_address(host):
    with pytest.raises(urls.UrlError):
        urls.normalize_host(host)


SCHEMES = st.sampled_from(["https", "http", "HTTPS", "ftp", ""])
PLACES = st.text("aZ09-._:@/?#[]%\\ é", max_size=12)


def assert_one_reading(text):
    if plain_host(text) is not None:
        kept = {}
        assert judge(Key("text", form="url"), text, ("url",), kept) is None
        assert parts(kept["url",]) == parts(urls.accepted(text))


def parts(url):
    return {name: getattr(url, name) for name in urls.Url.__slots__}


@given(scheme=SCHEMES, place=PLACES)
@example(scheme="https", place="a" * 63)
@example(scheme="https", place="a" * 64)
@example(scheme="https", place=".".join("a" * 32))
@example(scheme="https", place=".".join("a" * 127))
@example(scheme="https", place="a.example:443/b?c")
@example(scheme="http", place="https//a.example")
def test_the_quick_way_reads_a_url_as_the_long_one_does(scheme, place):
    assert_one_reading(f"{scheme}://{place}")


@pytest.mark.parametrize("place", ["{}", "a{}", "{}a", "a.{}b", "a:{}", "a/{}", "a/b{}c"])
def test_no_character_goes_the_quick_way_to_another_end(place):
    for code in range(0x180):
        assert_one_reading(f"https://{place.format(chr(code))}")


def test_the_path_of_a_url_may_hold_what_is_printable():
    path = "".join(map(chr, range(0x21, 0x7F))).translate(dict.fromkeys(map(ord, "#?\\")))
    assert plain_host(f"https://a/{path}")


@pytest.mark.parametrize(
    "place", ["x", "code-exec.example.com", "localhost:8080/run", "a-1.example:9999/", "a:59999", f"{'a.' * 31}b"]
)
def test_what_most_files_have_goes_the_quick_way(place):
    assert plain_host(f"https://{place}")


@pytest.mark.parametrize(
    "place",
    [
        "a.b.1",
        "a.1b",
        "a--b",
        "A.example",
        "h.example:X80",
        "h.example:0",
        "h.example:65536",
        "h.example:184430",
        "h.example:",
        *sorted(urls.METADATA_NAMES),
        "é.example",
    ],
)
def test_what_needs_a_closer_look_does_not_go_the_quick_way(place):
    assert not plain_host(f"https://{place}")


# -- the reason that a person would give -------------------------------------------------------------------------------


def said(url, made=None):
    finding = finding_of(url, made)
    assert "invalid-url" == finding.code
    return finding.message.removeprefix("invalid URL: "), finding.help


WRITE = "write https://h.example"
LISTENING = "is an address to listen on; to call a service on this machine write 127.0.0.1"
TAKE_OUT = 'take them out, and give the key as api_key = "${CODE_EXEC_API_KEY}"'
WITH_PASSWORD = [
    f"{scheme}://{user}:{password}@h.example"
    for scheme, user, password in [
        *[("https", "ce", f"canary{mark}canary") for mark in "/?#"],
        ("HTTP", "canary", "/x"),
        ("https", "", "canary?x@/y"),
        ("https", "u", "0123#canary"),
        ("https", "u", "12a/canary/#?"),
        ("https", "canary#ca", "nary"),
    ]
]
ONE = "write one URL, with its scheme at the beginning"


@pytest.mark.parametrize(
    ("url", "reason", "hint"),
    [
        ("https://https://h.example", "the scheme is written twice", WRITE),
        ("https:https://h.example", "the scheme is written twice", WRITE),
        ("http://https://h.example", "the scheme is written twice", WRITE),
        ("https://https//h.example", "the scheme is written twice", WRITE),
        ("http://HTTPS//h.example", "the scheme is written twice", WRITE),
        ("https://https//http//h.example", "the scheme is written twice", "write http://h.example"),
        ("https://https:/h.example", "the scheme is written twice", WRITE),
        ("https://h.examplehttps://h.example", "the URL is written twice", WRITE),
        ("http://h.example:1http://h.example:1", "the URL is written twice", "write http://h.example:1"),
        ("https://u:p@hhttps://u:p@h", "the URL is written twice", "write it once"),
        ("https://a.examplehttp://b.example", "a second scheme begins within its host", ONE),
        ("https://www.HTTPS:/h.example", "a second scheme begins within its host", ONE),
        ("https://h.example:1https://h.example", "a second scheme begins within its host", ONE),
        ("https://https//u:p@h.example", "the scheme is written twice", "write the scheme once"),
        ("https://https://h.example?u=http://x", "the scheme is written twice", "write the scheme once"),
        ("https://https://h.example/https://x", "the scheme is written twice", "write the scheme once"),
        ("htps://h.example/?to=x,https://b.example", "its scheme is misspelt", "write https:// or http://"),
        ("https://a.example,https://b.example", "it is a list of URLs", "write one URL: one config calls one service"),
        ("http://a.example; http://b.example", "it is a list of URLs", "write one URL: one config calls one service"),
        ("https://a https://b?x", "it is a list of URLs", "write one URL: one config calls one service"),
        ("a.example https://b.example", "it is a list of URLs", "write one URL: one config calls one service"),
        ("POST https://h.example", "there is a word before it", WRITE),
        ("curl https://u:p@h.example", "there is a word before it", "write the URL alone"),
        ("https://h.example -X POST", "there is more text after it", WRITE),
        ("https://h.example 'a@b'", "it contains a space or a control character", GENERAL),
        ("https://h.example,", "there is a comma after it", WRITE),
        ("https://h.example;", "there is a semicolon after it", WRITE),
        (",", "there is a comma after it", "write it without the comma"),
        ("https://h.example/a b", "it contains a space or a control character", "write %20 for a space in its path"),
        (" https://h.example", "there is whitespace beside it", WRITE),
        ("https://h.example\n", "there is whitespace beside it", WRITE),
        ("'https://h.example'", "it has its own quotes or brackets", WRITE),
        ("<https://h.example>", "it has its own quotes or brackets", WRITE),
        ("`https://h.example`", "it has its own quotes or brackets", WRITE),
        ('"https://h.example"', "it has its own quotes or brackets", WRITE),
        ("[https://h.example]", "it has its own brackets", WRITE),
        ("(https://h.example)", "it has its own brackets", WRITE),
        ("[h](https://h.example)", "it is a Markdown link", WRITE),
        ("[](HTTPS://h.example)", "it is a Markdown link", "write HTTPS://h.example"),
        ("[https://h.example](https://h.example)", "it is a Markdown link", WRITE),
        ("[https://h.example](https://b.example)", "it is a Markdown link", "write https://b.example"),
        ("[h](https://u:p@h.example)", "it is a Markdown link", "write the URL alone"),
        ("[2001:db8::1]", "it does not start with https:// or http://", GENERAL),
        ("averylongscheme://h.example:port", "it does not start with https:// or http://", GENERAL),
        ("://h.example", "it has no scheme", WRITE),
        ("/h.example", "it does not start with https:// or http://", GENERAL),
        ("///h.example", "it does not start with https:// or http://", GENERAL),
        ("https://[::g]", "its IPv6 address is malformed", GENERAL),
        ("htps://h.example", "its scheme is misspelt", WRITE),
        ("httpss://h.example", "its scheme is misspelt", WRITE),
        ("hxxp://h.example", "its scheme is misspelt", "write http://h.example"),
        ("https:/h.example", "a colon and two slashes must follow its scheme", WRITE),
        ("https//h.example", "a colon and two slashes must follow its scheme", WRITE),
        ("https;//h.example", "a colon and two slashes must follow its scheme", WRITE),
        ("https:\\\\h.example", "a colon and two slashes must follow its scheme", WRITE),
        ("https:///h.example", "a colon and two slashes must follow its scheme", WRITE),
        ("wss://h.example", "its scheme is wss, not https or http", WRITE),
        ("ws://h.example/x", "its scheme is ws, not https or http", "write http://h.example/x"),
        ("Xop://a/b/c", "its scheme is xop, not https or http", "write https://a/b/c"),
        ("ws://X.example", "its scheme is ws, not https or http", "write http://X.example"),
        ("tcp://h.example:1", "its scheme is tcp, not https or http", "write http://h.example:1"),
        ("file:///run/x", "its scheme is file, not https or http", FROM_ENVIRONMENT),
        ("mailto:x", "its scheme is mailto, not https or http", GENERAL),
        (
            "unix:///run/x.sock",
            "its scheme is unix, not https or http",
            "let the service listen on a port, and write its address, such as http://127.0.0.1:8080",
        ),
        ("h.example:8443", "it has no scheme", "write https://h.example:8443"),
        ("eyJhbGciOiJIUzI1NiIsInR5.cCI6IkpXVCJ9.example", "it has no scheme", GENERAL),
        ("//h.example", "it has no scheme", WRITE),
        ("0.0.0.0:8443", "it has no scheme", f"0.0.0.0 {LISTENING}"),
        ("0:80/run", "it has no scheme", f"0.0.0.0 {LISTENING}"),
        ("[::]:8080", "it has no scheme", f"[::] {LISTENING}"),
        ("::", "it has no scheme", f"[::] {LISTENING}"),
        ("ws://0.0.0.0", "its scheme is ws, not https or http", f"0.0.0.0 {LISTENING}"),
        ("h.example/path?a=b", "it has no scheme", GENERAL),
        ("169.254.169.254", "it has no scheme", GENERAL),
        ("2001:db8::1", "it has no scheme", "write https://[2001:db8::1]"),
        ("code-exec:80", "it has no scheme", "write https://code-exec:80"),
        ("localhost", "it has no scheme", "write https://localhost, or http:// if the service does not support https"),
        (
            "localhost:8080",
            "it has no scheme",
            "write https://localhost:8080, or http:// if the service does not support https",
        ),
        ("https://2001:db8::a", "its IPv6 address has no brackets", "write https://[2001:db8::a]"),
        ("https://1:2:3:4:5:6:7:8:443/x", "its IPv6 address has no brackets", "write https://[1:2:3:4:5:6:7:8]:443/x"),
        (
            "https://2001:db8::1:8443",
            "its IPv6 address has no brackets",
            "write https://[2001:db8::1]:8443, or https://[2001:db8::1:8443] if 8443 is not a port",
        ),
        (
            "https://[2001:db8::1",
            "its IPv6 address has no closing bracket",
            "write the address in brackets, as in https://[2001:db8::1]",
        ),
        ("https://h.example:1:2", "there is more than one colon after its host", PORT),
        ("https://h.example:", "its port is missing", WRITE),
        *[
            (url, "its host contains a placeholder", "replace it with the address of the service")
            for url in ("https://<host>:<port>/run", "https://{host}/run", "http://ce.{{ domain }}", "https://<a b>")
        ],
        *[
            (url, "it begins with a placeholder", "replace it with the address of the service")
            for url in ("{base}/run", "<url>/run", "{base}:8080/run", "{% if x %}https://a.example{% endif %}/run")
        ],
        *[
            (
                url,
                "a part of it is a template of another tool",
                "write the address itself; a variable is written in braces, as in ${NAME}",
            )
            for url in (
                *("{{ .Values.url }}/run", "https://h.example/{{ path }}", "https://h.example/run?x={{ y }}"),
                *("https://#{ce_host}/run", "https://#{CE_HOST}/run", "https://%ENV[ce_host]%/run"),
                *("https://[[ce_host]]/run", "https://$(hostname)/run", "https://`hostname`/run"),
                *("https://h.example/<%= path %>", "https://h.example/{% if x %}run"),
            )
        ],
        *[
            (
                url,
                "it has no scheme",
                "write https:// or http:// in front of it; a variable is written in braces, as in ${NAME}",
            )
            for url in ("CE_HOST:8080", "CE_HOST:8080/run")
        ],
        ("HOST:8080", "it has no scheme", "write https://HOST:8080"),
        *[
            (
                url,
                "it has no scheme",
                "0.0.0.0 is an address to listen on; to call a service on this machine write 127.0.0.1",
            )
            for url in ("0.0.0.0:8080", "0.0.0.0:8080/run", "0.0.0.0:8080/run?type=0")
        ],
        ("h.example:8080/run?token=c2Vj", "it has no scheme", GENERAL),
        ("https://h.example:{", "its port is not a number", PORT),
        ("https://h.example:http", "its port is not a number", PORT),
        ("https://h.example:65536", "its port is not between 1 and 65535", PORT),
        ("https://-h:0", "its port is not between 1 and 65535", GENERAL),
        ("https://h.example#top", "it has a fragment, which is never sent", WRITE),
        (
            "https://h.example?a=b#top",
            "it has a fragment, which is never sent",
            "write it without the # and what follows",
        ),
        ("https://h\\x", "it contains a backslash, which clients interpret differently", "write / in its place"),
        ("/path", "it does not start with https:// or http://", GENERAL),
        ("x", "it does not start with https:// or http://", GENERAL),
        ("op://vault/item", "its scheme is op, not https or http", FROM_ENVIRONMENT),
        ("", "it is empty", GENERAL),
        ("https://u@h@i", "it contains more than one @", GENERAL),
        *[(url, "it seems to contain a user and a password", TAKE_OUT) for url in WITH_PASSWORD],
        ("https://h.example:http/x", "its port is not a number", PORT),
        ("https://h.example:0/@x", "its port is not between 1 and 65535", PORT),
        ("https://[::1]:x/@x", "its port is not a number", PORT),
        ("https://h.example/@x#y", "it has a fragment, which is never sent", "write it without the # and what follows"),
        ("https://u@h.example#top", "it has a fragment, which is never sent", GENERAL),
        ("https://u@h\\x", "it contains a backslash, which clients interpret differently", GENERAL),
        ("https://", "it has no host", GENERAL),
        ("https:", "it has no host", GENERAL),
        ("HTTP:/", "it has no host", GENERAL),
        ("https:///", "it has no host", GENERAL),
        ("http:\\\\", "it has no host", GENERAL),
        ("https", "it has no host", GENERAL),
        ("https:?x", "it does not start with https:// or http://", GENERAL),
        ("https:/[::1]:80", "a colon and two slashes must follow its scheme", "write https://[::1]:80"),
        ("http:/10.0.0.1:80", "a colon and two slashes must follow its scheme", "write http://10.0.0.1:80"),
        ("$CE_URL", "it names a variable without ${...}", 'write "${CE_URL}"'),
        ("%CE_URL%", "it names a variable without ${...}", 'write "${CE_URL}"'),
        ("CE_URL", "it names a variable without ${...}", 'write "${CE_URL}"'),
        ("https://$CE_HOST/", "it names a variable without ${...}", 'write "https://${CE_HOST}/"'),
        ("{url}", "it names a variable without ${...}", "a variable is written in braces, as in ${NAME}"),
        ("/run/secrets/x", "it does not start with https:// or http://", GENERAL),
    ],
)
def test_the_reason_is_the_slip_that_was_made(url, reason, hint):
    assert (reason, hint) == said(url)


@pytest.mark.parametrize(
    "url",
    [
        "canary:pw@h.example",
        "https://https://canary:x@h.example",
        "https://h.example/?token=canary#x",
        "ftp://canary@h.example",
        "h.example?code=canary",
        "'https://canary@h'",
        "[h](https://canary@h)",
        "[canary@h](https://canary@h)",
        *WITH_PASSWORD,
        "https://ca:12 'nary@h",
    ],
)
def test_a_credential_is_not_repeated(url):
    assert "canary" not in "".join(said(url))


@pytest.mark.parametrize("url", WITH_PASSWORD)
def test_a_password_with_a_mark_in_it_is_masked(url):
    report = str(check_text(f'{EXTERNAL}url = "{url}"\n'))

    assert "invalid-url" in report
    assert "nary" not in report
    assert "012" not in report


@pytest.mark.parametrize(
    "url", ["wss://canary", "canary.example:8443", "https://[canary", "canary://x", "https://cänary"]
)
def test_a_url_of_the_environment_is_not_repeated_and_its_variable_named(url):
    reason, hint = said(url, "CE_URL")

    assert reason.startswith("invalid URL from CE_URL: ")
    assert "set CE_URL to an absolute URL, such as https://code-exec.example.com" == hint
    assert "nary" not in reason
    assert "wss" not in reason


def test_a_url_of_the_environment_names_its_variable_whatever_is_wrong():
    for url in ("https://u@h.example", "https://h.example/?sig=x", "http://169.254.169.254"):
        assert "the URL from CE_URL" in finding_of(url, "CE_URL").message


def test_there_is_no_url_that_a_right_one_was_meant_for():
    assert meant_url("https://h.example") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://https://h.example", "https://h.example"),
        ("https://https://http.example", "https://http.example"),
        ("https://https//h.example/run", "https://h.example/run"),
        ("https://HTTPS//h.example", "https://h.example"),
        ("https://https:/h.example/run", "https://h.example/run"),
        ("https://h.examplehttps://h.example", "https://h.example"),
        ("https://h.examplehttps://b.example", None),
        ("https://http//h.example", None),
        ("HTTPS://https://h.example", "https://h.example"),
        ("<https://h.example>", "https://h.example"),
        ("h.example:8443", "https://h.example:8443"),
        ("h.b.example:8443", "https://h.b.example:8443"),
        ("h.example:80", None),
        ("https://h.example ", "https://h.example"),
        ("https://2001:db8::a", "https://[2001:db8::a]"),
        ("http:/localhost:1", "http://localhost:1"),
        # Plain http with a key would be the next error.
        ("http:/h.example", None),
        ("https:10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("https:/8443", None),
        ("wss://h.example", None),
        ("https://http://h.example", None),
        ("localhost:8080", None),
        ("10.0.0.1:80", None),
        ("https://https://0.0.0.0", None),
        ("(https://h.example:1)", "https://h.example:1"),
        ("[the service](https://h.example/run)", "https://h.example/run"),
        ("[https://h.example](https://h.example)", "https://h.example"),
        ("[https://h.example](https://b.example)", None),
        ("[h](http://h.example)", None),
        ("https://2001:db8::1:8443", None),
    ],
)
def test_a_fix_is_offered_where_the_url_is_certain(before, after):
    [finding] = check_text(f'{EXTERNAL}api_key = "${{K}}"\nurl = "{before}"\n', env={"K": "k"}).errors

    assert (after and f'"{after}"') == (finding.fix and finding.fix.edits[0].text)


# -- plain http --------------------------------------------------------------------------------------------------------


def insecure(url, **env):
    [finding] = check_text(f'{EXTERNAL}api_key = "${{K}}"\nurl = "{url}"\n', env={"K": "k", **env}).errors
    assert "insecure-url" == finding.code
    return finding


def test_the_ways_to_permit_plain_http_are_named_with_the_host():
    hint = insecure("http://Code-Exec:8080").help

    assert 'Policy(insecure_hosts=["code-exec"])' in hint
    assert "--policy FILE" in hint


def test_no_host_of_the_environment_is_named():
    finding = insecure("${U}", U="http://canary.example")

    assert "the URL from U" in finding.message
    assert "canary" not in finding.help
    assert 'Policy(insecure_hosts=["HOST"])' in finding.help


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "0.0.0.0"), ("0", "0.0.0.0"), ("[::]", "[::]")])
def test_an_address_to_listen_at_is_told_from_one_to_call(host, shown):
    hint = insecure(f"http://{host}:8080").help

    assert f"{shown} {LISTENING}" == hint
    assert "listen" not in insecure("${U}", U=f"http://{host}:8080").help


# -- credentials by the name of a parameter ----------------------------------------------------------------------------


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize(
    "name",
    [
        *("key", "KEY", "api_key", "api-key", "apiKey", "APIKEY", "x-api-key", "X-API-Key", "accessKey", "secret_key"),
        *("subscription-key", "functionKey", "functions-key", "auth_key", "code", "sig", "auth", "Authorization"),
        *("token", "TOKEN", "access_token", "accessToken", "id.token", "XToken", "csrf[token]", "token[]"),
        *("client_secret", "clientSecret", "secret", "password", "user-password", "userPasswd", "db_pwd", "passphrase"),
        *("X-Amz-Signature", "X-Amz-Credential", "bearer", "my_apikey", "%74oken", "client%5Fsecret", "api+key"),
    ],
)
@pytest.mark.parametrize("separator", ["?", "?a=1&", "?a=1;"])
def test_a_parameter_whose_name_says_so_is_a_credential(name, separator):
    assert "credentials-in-url" == code_of(f"https://h.example/run{separator}{name}=x")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "max_tokens",
            "maxTokens",
            "sort_key",
            "sortKey",
            "keyboard",
            "keys",
            "tokenizer",
            "token_count",
            "secretary",
        ),
        *(
            "zipcode",
            "postcode",
            "author",
            "authority",
            "signal",
            "passwordless",
            "design",
            "encode",
            "monkey",
            "",
            "q",
        ),
        *("primaryKey", "code_version", "a.code", "turnkey"),
    ],
)
def test_a_parameter_that_only_looks_like_one_is_none(name):
    assert code_of(f"https://h.example/run?{name}=x") is None


@pytest.mark.parametrize("url", ["${U}", "$<U>", "${U}/run", "${U:-https://h}"])
def test_a_reference_that_is_not_read_is_called_one(url):
    assert said(url) == (
        "it is a reference that is not expanded here",
        "references are expanded only in a file, where not escaped as $${; in code, give the URL itself",
    )
