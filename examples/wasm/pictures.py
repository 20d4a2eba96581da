"""A backend of matplotlib that shows figures in the page; MPLBACKEND names it.

See "Writing a backend" in matplotlib's documentation: a canvas class, and `show`.
"""

from __future__ import annotations

from importlib import import_module

from . import harness

# By name, for type checkers: only matplotlib imports this module.
FigureCanvas = import_module("matplotlib.backends.backend_agg").FigureCanvasAgg


def show(*, block: bool | None = None) -> None:  # noqa: ARG001 -- matplotlib's signature
    """Send the open figures to the page."""
    harness.show_pictures()
