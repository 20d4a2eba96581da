"""Programs that use the library, to copy from."""
