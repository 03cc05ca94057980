"""The settings of this workspace: `volon.yaml`, else `.volon/volon.yaml`.

Source: contract §3, §7.
"""

from __future__ import annotations

from volon.model.records.config import Config, parse_config
from volon.plain import dataclass, field
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.store.store import Reader


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings and the file they stand in, None when there is none."""

    config: Config = field(default_factory=Config)
    path: str | None = None


def read_settings(reader: Reader) -> Settings:
    """Read the settings; without a file, the defaults.

    Raises:
        Corrupt: the file cannot be read as settings.
    """
    for place in layout.CONFIGS:
        data = reader.read(place)
        if data is not None:
            return Settings(parse_config(data, place.path)[0], place.path)
    return Settings()
