"""Facts about the model's keys, read from their descriptions."""

from codeexec_config.keys import keys_of
from codeexec_config.model import VARIANTS, CodeExecutionConfig, Runtime

KEYS = {key.name: key for cls in (CodeExecutionConfig, *VARIANTS.values()) for key in keys_of(cls)}
SECTION_KEYS = tuple(key.name for key in keys_of(CodeExecutionConfig))
MODES = tuple(VARIANTS)
RUNTIMES = tuple(str(runtime) for runtime in Runtime)
BOUNDS = {name: key.bounds for name, key in KEYS.items() if key.kind == "integer" and key.bounds}
