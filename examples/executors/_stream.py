"""One stream of a program, read up to its cap and no byte further."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    import asyncio

CHUNK: Final = 64 * 1024


@attrs.define
class Stream:
    """What came through a pipe, cut at `cap`.

    Args:
        reader: the pipe.
        cap: how many bytes of output are kept.
        marker: if it is not empty, what follows it is a report and not output.
        report_cap: how many bytes of that are kept.
    """

    reader: asyncio.StreamReader
    cap: int
    marker: bytes = b""
    report_cap: int = 0
    _data: bytearray = attrs.field(factory=bytearray, init=False)
    _report: bytearray | None = attrs.field(default=None, init=False)

    async def fill(self, flooded: asyncio.Event, ended: asyncio.Event) -> None:
        """Read to the end, or to the first byte too many; set the event of what came first, that or the marker."""
        while chunk := await self.reader.read(CHUNK):
            if self._report is not None:
                self._report += chunk[: self.report_cap - len(self._report)]
                continue
            self._take(chunk)
            if self._report is not None:
                ended.set()
            if len(self._data) > self.cap + self._perhaps_marker:
                flooded.set()
                return

    def _take(self, chunk: bytes) -> None:
        searched = max(0, len(self._data) - len(self.marker))
        self._data += chunk
        at = self._data.find(self.marker, searched) if self.marker else -1
        if at >= 0:
            self._report = self._data[at + len(self.marker) :][: self.report_cap]
            del self._data[at:]

    @property
    def _perhaps_marker(self) -> int:
        """How many of the last bytes may be the start of a marker."""
        return max(len(self.marker) - 1, 0) if self._report is None else 0

    @property
    def truncated(self) -> bool:
        """Whether more came than is kept."""
        return len(self._data) > self.cap

    @property
    def output(self) -> bytes:
        """The bytes before the marker, up to the cap."""
        return bytes(self._data[: self.cap])

    @property
    def report(self) -> bytes:
        """The bytes after the marker."""
        return bytes(self._report or b"")
