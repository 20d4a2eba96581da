"""Read the URL of an external service, and name what is wrong with it.

A host has many spellings that reach the same machine; it is normalised once, before every comparison.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from codeexec_config.findings import Finding

if TYPE_CHECKING:
    from codeexec_config.findings import Path

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)[^?#]*(?:\?(?P<query>[^#]*))?", re.IGNORECASE)
_HOST_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")

SECRET_QUERY_NAMES: Final = frozenset(
    {
        "key",
        "api_key",
        "apikey",
        "token",
        "access_token",
        "secret",
        "password",
        "sig",
        "signature",
        "auth",
    }
)
METADATA_NAMES: Final = frozenset(
    {"metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"}
)
METADATA_ADDRESSES: Final = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
"""AWS over IPv6, Alibaba, Azure's wire server, Oracle; the link-local ranges of the rest are tested as ranges."""

_MAX_PORT = 65_535


class Url(NamedTuple):
    """The parts of a URL that the rules look at; `host` is normalised, without brackets and port."""

    scheme: str
    userinfo: bool
    host: str
    query: str


class UrlError(Exception):
    """Why a text is not the URL of a service; the message holds nothing of the text."""

    def __init__(self, reason: str, *, punycode: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.punycode = punycode


def parse(text: str) -> Url:
    """Take an absolute http(s) URL apart.

    Raises:
        UrlError: it is not one.
    """
    if " " in text or not text.isprintable():
        raise UrlError("it holds a space or a control character")
    if "\\" in text:
        raise UrlError("it holds a backslash, which clients read differently")
    if "#" in text:
        raise UrlError("it has a fragment, which is never sent")
    found = _URL.fullmatch(text)
    if found is None:
        raise UrlError("it does not start with http:// or https://")
    userinfo, at, place = found["authority"].rpartition("@")
    if "@" in userinfo:
        raise UrlError("it holds more than one @")
    parts = _HOST_PORT.fullmatch(place)
    if parts is None:
        raise UrlError("its host or port is malformed")
    _check_port(parts["port"])
    return Url(found["scheme"].lower(), bool(at), normalize_host(parts["host"]), found["query"] or "")


def _check_port(port: str | None) -> None:
    if port is None:
        return
    if not port or len(port.lstrip("0")) > len(str(_MAX_PORT)) or not 1 <= int(port) <= _MAX_PORT:
        raise UrlError(f"its port is not between 1 and {_MAX_PORT}")


def normalize_host(host: str) -> str:
    """Return the one spelling of a host: lower case, dotted IPv4, compressed IPv6, no trailing dot, no zone.

    Raises:
        UrlError: no resolver takes it.
    """
    if host.startswith("["):
        return _normalize_ipv6(host[1:-1])
    if not host:
        raise UrlError("it has no host")
    if not host.isascii():
        raise UrlError("its host is not ASCII", punycode=_punycode(host))
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _normalize_ipv4(labels)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 -- RFC 1035, 2.3.4
        raise UrlError("its host is malformed")
    return name


def _punycode(host: str) -> str | None:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def _normalize_ipv4(labels: list[str]) -> str:
    """Read what inet_aton reads: one to four parts, decimal, octal or hex, the last filling the rest."""
    numbers = [_ipv4_part(label) for label in labels]
    if len(numbers) > 4 or any(n > 255 for n in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):  # noqa: PLR2004
        raise UrlError("its host looks like an IPv4 address, but is not one")
    address = numbers[-1]
    for index, number in enumerate(numbers[:-1]):
        address += number << (8 * (3 - index))
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def _ipv4_part(label: str) -> int:
    too_large = 1 << 32
    if len(label) > 32:  # noqa: PLR2004 -- longer than any spelling worth converting
        return too_large
    try:
        if label[:2] == "0x":
            return int(label[2:] or "0", 16)
        return int(label, 8 if label.startswith("0") else 10)
    except ValueError:
        return too_large


def _normalize_ipv6(text: str) -> str:
    from ipaddress import IPv4Address, IPv6Address  # here: most hosts are names

    try:
        address = IPv6Address(text.partition("%")[0])
    except ValueError:
        raise UrlError("its IPv6 address is malformed") from None
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if int(address) >> 32 == int(IPv6Address("64:ff9b::")) >> 32:
        return str(IPv4Address(int(address) & 0xFFFF_FFFF))
    return str(address)


def is_metadata(host: str) -> bool:
    """Check whether a normalised host is a cloud's metadata service, which hands out the machine's credentials."""
    if host in METADATA_NAMES or host in METADATA_ADDRESSES:
        return True
    if ":" not in host:
        return host.startswith("169.254.") and _is_ipv4(host)
    return int(host.partition(":")[0] or "0", 16) & 0xFFC0 == 0xFE80  # noqa: PLR2004 -- fe80::/10


def is_loopback(host: str) -> bool:
    """Check whether a normalised host is this machine: 127/8, ::1, localhost, *.localhost."""
    if host in {"::1", "localhost"} or host.endswith(".localhost"):
        return True
    return host.startswith("127.") and _is_ipv4(host)


def _is_ipv4(host: str) -> bool:
    return host.replace(".", "").isdigit()


def has_secret_query(query: str) -> bool:
    """Check whether a query has a parameter whose name says that its value is a credential."""
    if not query:
        return False
    from urllib.parse import unquote_plus  # here: few services have a query

    names = (pair.partition("=")[0] for pair in re.split("[&;]", query))
    return any(unquote_plus(name).strip().lower() in SECRET_QUERY_NAMES for name in names)


def judge(value: str, path: Path, *, made: bool = False) -> Url | Finding:
    """Return the parts of a service's URL, or what is wrong with it: the first of form, credentials, metadata."""
    try:
        parsed = parse(value)
    except UrlError as error:
        hint = "write an absolute URL, such as https://code-exec.example.com"
        if error.punycode and not made:
            hint = f"write the host as {error.punycode}"
        elif not made:
            from codeexec_config.rules.foreign import hint as reference_hint

            hint = reference_hint(value) or hint
        return Finding("invalid-url", f"invalid URL: {error.reason}", path, help=hint)
    place = "user or password" if parsed.userinfo else "query"
    if parsed.userinfo or has_secret_query(parsed.query):
        return Finding(
            "credentials-in-url",
            f"the URL's {place} holds a credential, which logs and proxies print",
            path,
            help='move the credential to api_key = "${CODE_EXEC_API_KEY}"',
        )
    if is_metadata(parsed.host):
        return Finding(
            "metadata-url",
            "the URL leads to a cloud's metadata service, which hands out this machine's credentials",
            path,
            help="write the address of the code execution service",
        )
    return parsed
