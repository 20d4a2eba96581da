"""A URL of a service: one host, however it is spelt."""

import pytest

from codeexec_config.findings import Finding
from codeexec_config.rules import urls


def code_of(url):
    found = urls.judge(url, ("url",))
    return found.code if isinstance(found, Finding) else None


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
        "https://example.com/ä",
        "https://example.com?a",
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
        "https://example.com..",
        "https://" + "a" * 64 + ".com",
        "https://" + "a." * 127 + "com",
        "https://1.2.3.4.5",
        "https://256.1.1.1",
        "https://1.256.1.1",
        "https://08.1.1.1",
        "https://4294967296",
        "https://0x1ffffffff",
        "https://" + "1" * 40,
        "https://[::1",
        "https://[::g]",
        "https://[v1.a]",
        "https://a[::1]",
        "https://ex%61mple.com",
    ],
)
def test_what_no_client_could_call_is_invalid(url):
    assert "invalid-url" == code_of(url)


def test_a_host_in_other_letters_is_shown_in_punycode():
    assert "write the host as xn--bcher-kva.example" == urls.judge("https://bücher.example", ("url",)).help


def test_nothing_is_shown_of_a_host_that_the_environment_made():
    assert "xn--" not in urls.judge("https://bücher.example", ("url",), made=True).help


def test_a_host_that_has_no_punycode_gets_the_general_hint():
    assert "write an absolute URL" in urls.judge("https://ü..example", ("url",)).help


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
