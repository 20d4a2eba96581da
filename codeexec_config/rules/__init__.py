"""The rules on values: what one key says alone, what holds across keys, what is worth a remark.

Constructors and loader run the same rules over what each of them knows. A rule takes values of the right type and
yields findings; `made` means that the environment made a value, of which then nothing is concluded aloud: neither its
text nor a number nor a suggestion.
"""
