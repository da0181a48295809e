"""An instant of the reference engine at which one thing happens."""

from __future__ import annotations

from collections.abc import Callable

from simpy import Environment
from simpy.events import Event, EventPriority


class Instant(Event):
    """An event that calls one action, and can be set again once it has happened."""

    def __init__(self, env: Environment, priority: EventPriority, action: Callable[[Event], None]) -> None:
        super().__init__(env)
        # SimPy runs callbacks of events that are triggered; setting both by hand allows the same event again
        # and again, which an event of SimPy itself does not.
        self._ok = True
        self._value = None
        self._actions = [action]
        self._priority = priority

    def abandon(self) -> None:
        """Let it pass without the action when its time comes."""
        self._actions.clear()

    def after(self, delay_s: float) -> None:
        """Let it come after a time."""
        # SimPy takes the list away when it runs an event; it is put back each time.
        self.callbacks = self._actions
        self.env.schedule(self, self._priority, delay_s)
