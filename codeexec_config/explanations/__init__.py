"""What each code means, why it is reported, and an example of it: data for `explain`, SARIF and the README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.explanations import files, references, secrets, shape, urls, values

if TYPE_CHECKING:
    from codeexec_config.explanations.entry import Explanation

__all__ = ["EXPLANATIONS"]

EXPLANATIONS: Final[dict[str, Explanation]] = {
    **files.EXPLANATIONS,
    **shape.EXPLANATIONS,
    **values.EXPLANATIONS,
    **references.EXPLANATIONS,
    **urls.EXPLANATIONS,
    **secrets.EXPLANATIONS,
}
"""Every code of `codes.CODES`, each once."""
