"""The rules on values: on one key alone, across keys, and those that only warn.

Constructors and loader run the same rules on the values that each of them knows. A rule takes values of the right type
and yields findings; `made` means that the value comes from the environment, so that a finding reveals nothing of it:
no text, no number and no suggestion.
"""
