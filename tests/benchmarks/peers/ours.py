"""The library itself."""

from codeexec_config import load

__all__ = ["load"]
