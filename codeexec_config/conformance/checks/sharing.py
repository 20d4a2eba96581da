"""I: what one run leaves for another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import NotApplicable, cannot_tell, expect, told
from codeexec_config.executor import Capability

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit

_APART_SECS = 0.2


def files_left(kit: Kit) -> None:
    """I15: a file that one program leaves in a well-known folder is not there for the next."""
    nonce = kit.nonce()
    kit.shown(kit.request(kit.code("leave_files", nonce=nonce)), "tried")
    result = kit.shown(kit.request(kit.code("find_files", nonce=nonce)), "tried")
    expect(b"found" not in result.stdout, f"a file of the program before was {told(result)}")


def patched_module(kit: Kit) -> None:
    """I16: a library that one program has changed is unchanged for the next."""
    kit.shown(kit.request(kit.code("patch_module")), "tried")
    result = kit.shown(kit.request(kit.code("find_patch")), "tried")
    expect(b"found" not in result.stdout, "a library is still changed by the program before")


def equal_programs(kit: Kit) -> None:
    """I17: two concurrent programs, even identical ones, share no folder and do not see each other's."""
    if kit.most_at_once() == 1:
        raise NotApplicable("the executor runs one program at once")
    request = kit.request(kit.code("own_file", secs=4 * _APART_SECS))
    first = kit.start(request)
    time.sleep(_APART_SECS)
    second = kit.start(request)
    for result in [kit.run(request, call=call) for call in (first, second)]:
        if b"written" not in result.stdout:
            cannot_tell(f"the program could not write a file: {told(result)}")
        words = result.text().split()
        expect("own" in words, f"the file that it had written was {' '.join(words[1:])}")
    if kit.declares(Capability.ISOLATED_FS) and kit.has("find_own"):
        _hidden(kit)


def _hidden(kit: Kit) -> None:
    """Look for the file of a concurrent program."""
    request = kit.request(kit.code("own_file", secs=kit.deadlines.once))
    call = kit.start(request)
    call.wait(kit.deadlines.once / 2)
    seen = kit.shown(kit.request(kit.code("find_own")), "tried").text().splitlines()
    kit.outcome(request, call)
    found = next((line for line in seen if line.startswith("seen ")), "")
    expect(not found, f"a file of a concurrent program was {found}")
