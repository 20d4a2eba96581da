"""From plain values to a judged config: references, structure, rules, fixes."""
