"""One device's settings: the shared factory map plus what was changed. Secrets are kept and never shown."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from device_link.simulator.config_map import SECRET_ENDINGS, factory_settings
from device_link.simulator.profiles import Profile


class Config:
    """Settings by key. `overrides` is the device's own memory and is changed in place."""

    def __init__(self, profile: Profile, overrides: dict[str, str]) -> None:
        self._factory = factory_settings(profile.key)
        self._overrides = overrides
        self._base64 = profile.secrets_as == "base64"

    def __contains__(self, key: str) -> bool:
        return key in self._factory or key in self._overrides

    def get(self, key: str, otherwise: str = "") -> str:
        """Return the real value, secrets included: for the device's own use, not for an answer."""
        found = self._overrides.get(key)
        return found if found is not None else self._factory.get(key, otherwise)

    def flag(self, key: str) -> bool:
        """Say whether a key holds "1"."""
        return self.get(key) == "1"

    def shown(self, key: str) -> str:
        """Return the value as an answer shows it: secrets empty (device API 1.2)."""
        return "" if key.endswith(SECRET_ENDINGS) else self.get(key)

    def shown_under(self, *prefixes: str) -> dict[str, str]:
        """Return all keys that start with one of the prefixes (all keys without one), as an answer shows them."""
        keys = [*self._factory, *(key for key in self._overrides if key not in self._factory)]
        return {key: self.shown(key) for key in keys if not prefixes or key.startswith(prefixes)}

    def put(self, values: Mapping[str, str]) -> None:
        """Store values; what equals the factory's is not kept twice."""
        for key, value in values.items():
            if self._factory.get(key) == value:
                self._overrides.pop(key, None)
            else:
                self._overrides[key] = value

    def decoded(self, key: str, value: str) -> str:
        """Return what a written value means: some models take passwords as Base64. Raises ValueError if it is not."""
        if not (self._base64 and value and key.endswith(SECRET_ENDINGS)):
            return value
        try:
            return base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("not Base64") from error

    def reset(self) -> None:
        """Back to the factory's settings."""
        self._overrides.clear()
