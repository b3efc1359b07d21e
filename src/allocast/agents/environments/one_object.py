"""What Stable-Baselines3 asks of a vector environment that is one object, stepped in this process."""

from collections.abc import Sequence
from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from allocast.errors import DataError

__all__ = ["OneObjectVecEnv"]

Indices = int | Sequence[int] | None


class OneObjectVecEnv(VecEnv):  # type: ignore[misc]  # SB3 is not followed by mypy
    """Episodes that share all attributes and methods; subclasses say how they begin and step."""

    render_mode: str | None = None

    def common_options(self) -> dict[str, Any]:
        """What ``set_options`` named since the last reset.

        Raises
        ------
        DataError
            They are not the same for all episodes.
        """
        first, *others = self._options
        if any(options != first for options in others):
            raise DataError(
                "the episodes of this vector begin together: give options that are the same for all, a dict; they are "
                f"{self._options}."
            )
        return dict(first)

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """The shared attribute, once per environment asked for."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:  # noqa: ARG002 - SB3's signature
        """Set the shared attribute; no environment has one of its own."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Indices = None, **kwargs: Any) -> list[Any]:
        """Call the shared method once per environment asked for."""
        return [getattr(self, method_name)(*args, **kwargs) for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Indices = None) -> list[bool]:  # noqa: ARG002 - as above
        """None is: there are no separate environments."""
        return [False for _ in self._get_indices(indices)]
