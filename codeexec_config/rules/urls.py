"""Parse the URL of an external service, and report what is wrong with it.

Many spellings of a host reach the same machine; a host is normalised once, before every comparison.
"""

import re  # which the parser has imported
from functools import cache
from typing import Final

from codeexec_config import limits

METADATA_NAMES: Final = frozenset(
    {"metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"}
)
METADATA_ADDRESSES: Final = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
"""AWS over IPv6, Alibaba, Azure's wire server, Oracle; the link-local ranges of the rest are tested as ranges."""

_LISTENING: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- addresses that a URL must not have
_MAX_NAME: Final = 253
"""RFC 1035, 2.3.4."""


class Url:
    """The parts of a URL that the rules look at.

    Attributes:
        scheme: "https" or "http".
        host: the host, normalised, without brackets and port.
        userinfo: whether it contains a name or a password.
        query: the text after the question mark.
        made: the variables that made the URL, if any did.
    """

    # Not a named tuple: creating one takes as long as importing this module.
    __slots__ = ("host", "made", "query", "scheme", "userinfo")

    def __init__(self, scheme: str, host: str, *, userinfo: bool = False, query: str = "") -> None:
        self.scheme = scheme
        self.host = host
        self.userinfo = userinfo
        self.query = query
        self.made: str | None = None


class UrlError(Exception):
    """Why a text is not the URL of a service; the message repeats nothing of the text."""

    def __init__(self, reason: str, *, punycode: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.punycode = punycode


def parse(text: str) -> Url:
    """Parse an absolute http(s) URL.

    Raises:
        UrlError: it is not one.
    """
    if " " in text or not text.isprintable():
        raise UrlError("it contains a space or a control character")
    if "\\" in text:
        raise UrlError("it contains a backslash, which clients interpret differently")
    if "#" in text:
        raise UrlError("it has a fragment, which is never sent")
    url, host_and_port, _, _ = _patterns()
    found = url.fullmatch(text)
    if found is None:
        raise UrlError("it does not start with https:// or http://")
    userinfo, at, place = found["authority"].rpartition("@")
    if "@" in userinfo:
        raise UrlError("it contains more than one @")
    parts = host_and_port.fullmatch(place)
    if parts is None:
        raise UrlError("its host or port is malformed")
    if parts["port"] is not None and not limits.is_port(parts["port"]):
        raise UrlError(f"its port is not between 1 and {limits.MAX_PORT}")
    host = normalize_host(parts["host"])
    return Url(found["scheme"].lower(), host, userinfo=bool(at), query=found["query"] or "")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Compile the patterns for the first URL that needs them: the URL, its host and port, a label, a number."""
    return (
        re.compile(
            r"(?P<scheme>https?)://(?!https?//)(?P<authority>[^/?#]*)[^?#]*(?:\?(?P<query>[^#]*))?",
            re.IGNORECASE,
        ),
        re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?"),
        re.compile(rf"[A-Za-z0-9_](?:[A-Za-z0-9_-]{{0,{limits.LABEL_LENGTH - 2}}}[A-Za-z0-9_])?"),
        re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*"),
    )


def normalize_host(host: str) -> str:
    """Return the normal form of a host: lower case, dotted IPv4, compressed IPv6, no trailing dot, no zone.

    Raises:
        UrlError: no resolver accepts it.
    """
    if host.startswith("["):
        return _normalize_ipv6(host[1:-1])
    if not host:
        raise UrlError("it has no host")
    if not host.isascii():
        raise UrlError("its host is not ASCII", punycode=_punycode(host))
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    _, _, label_pattern, numeric = _patterns()
    if numeric.fullmatch(labels[-1]):
        return _normalize_ipv4(labels)
    if len(name) > _MAX_NAME or not all(label_pattern.fullmatch(label) for label in labels):
        raise UrlError("its host is malformed")
    return name


def _punycode(host: str) -> str | None:
    if len(host) > _MAX_NAME:  # the codec takes quadratic time for a longer one
        return None
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return name if name.replace("-", "").replace(".", "").isalnum() else None


def _normalize_ipv4(labels: list[str]) -> str:
    """Parse an address as inet_aton does: one to four parts, decimal, octal or hex, the last filling the rest."""
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


def listening_hint(host: str) -> str | None:
    """Return a hint for a normalised host that a service listens on, but that cannot be called."""
    if host not in _LISTENING:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{shown} is an address to listen on; to call a service on this machine write 127.0.0.1"


def _is_ipv4(host: str) -> bool:
    return host.replace(".", "").isdigit()


def accepted(value: str) -> Url | None:
    """Return the parts of a URL that has no error in itself, or None."""
    try:
        parsed = parse(value)
    except UrlError:
        return None
    if parsed.userinfo or (parsed.query and has_secret_query(parsed.query)) or is_metadata(parsed.host):
        return None
    return parsed


def has_secret_query(query: str) -> bool:
    """Check whether a query has a parameter whose name marks its value as a credential."""
    from codeexec_config.rules.queries import holds_credential  # here: few services have a query

    return holds_credential(query)
