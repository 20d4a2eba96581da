"""One module per peer: each `load(path)` reads a file into the nearest thing to the typed config that the peer has."""
