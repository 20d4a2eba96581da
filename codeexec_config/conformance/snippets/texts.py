"""What programs of every language print or write."""

from __future__ import annotations

from typing import Final

__all__ = ["ARTIFACT", "QUOTED", "UNICODE"]

QUOTED: Final = 'it\'s "quoted" $HOME ${X} `id` \\n \\\\ %d & | ; <> ! # * ~ \u00e9 \u2603 \U0001f600'
UNICODE: Final = "h\u00e9llo \u2603 \U0001f600"
ARTIFACT: Final = b"\x00\xff\xfe\n"
