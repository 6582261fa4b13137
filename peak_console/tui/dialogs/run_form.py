"""Running a job once with other arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.errors import UsageError
from peak_console.jobs.command import build_command_args, shown
from peak_console.jobs.run_changes import ARGV, VARIABLE, with_changes
from peak_console.redact import Redactor, secret_names
from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons, strong
from peak_console.tui.dialogs.values import OMITTED, read, same, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.app import ComposeResult
    from textual.widget import Widget

    from peak_console.jobs.model import JobDefinition

PREVIEW_LENGTH = 600
_LABEL_LENGTH = 20
UNCHANGED = object()
"""Stands for the job's own value."""


class Argument(Horizontal):
    """One argument: its name, its value as TOML, and what has become of it. A new one's name can be typed."""

    def __init__(self, name: str | None, value: Any, given: Any = UNCHANGED) -> None:
        """``given`` is a value to begin with that is not the job's."""
        super().__init__(classes="field")
        self.argument, self.original = name, value
        self._value = FormInput(
            written(value if given is UNCHANGED else given),
            classes="value",
            placeholder="left out" if name is not None else "value: 10, true, text …",
            password=name is not None and secret_names(name),
            select_on_focus=False,
        )
        self._state = Static(classes="state")
        self._said = ""

    def compose(self) -> ComposeResult:
        if self.argument is None:
            yield FormInput(placeholder="argument or $NAME", classes="name", max_length=100)
        else:
            label = safe(self.argument)
            yield Static(Content(label[:_LABEL_LENGTH]), classes="label")
        yield self._value
        yield self._state

    @property
    def name_typed(self) -> str:
        return self.argument if self.argument is not None else self.query_one(".name", Input).value.strip()

    @property
    def value(self) -> Any:
        return read(self._value.value)

    @property
    def is_changed(self) -> bool:
        return not same(self.value, self.original)

    def reset(self) -> None:
        """As the jobs file has it; a new one is empty again."""
        self._value.value = written(self.original)
        if self.argument is None:
            self.query_one(".name", Input).value = ""

    def say(self, fault: str) -> None:
        """Say what has become of it, or what is wrong with its name."""
        text = f"✖ {fault}" if fault else ""
        if not fault and self.is_changed:
            text = f"• {'left out' if self.value is OMITTED else 'new' if self.argument is None else 'changed'}"
        if text != self._said:
            self._said = text
            self._state.update(Content(text))
            self._state.set_class(bool(fault), "-error")


class RunForm(Dialog[dict[str, Any]]):
    """The arguments that are to differ in this one run, by name; ``None`` as a value leaves one out."""

    heading = "Run with …"
    hints = "Ctrl+N adds · Ctrl+R resets · Enter runs · Esc cancels"
    AUTO_FOCUS = "Input.value, #confirm"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Back", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("ctrl+n", "add", "Add an argument", show=False),
        Binding("ctrl+r", "reset", "Reset this one", show=False),
    ]

    def __init__(self, job: JobDefinition, changes: Mapping[str, Any] | None = None) -> None:
        """``changes`` are what was changed the last time: the form begins with them."""
        super().__init__()
        self._job = job
        self._before = changes or {}
        """A variable or an argument that the job does not have is none of the job's lines; see ``contents``."""
        self._previewed = ""

    def contents(self) -> Iterable[Widget]:
        job = self._job
        yield Static(
            Content("Run ") + strong(job.name) + Content(" once, now, with these arguments:"), classes="sentence"
        )
        own = {ARGV: list(job.argv)} if job.argv is not None else dict(job.args)
        own |= {f"{VARIABLE}{name}": value for name, value in job.env.items()}
        with VerticalScroll(id="arguments", can_focus=False):
            for name, value in own.items():
                yield Argument(name, value, self._before.get(name, UNCHANGED))
            for name, value in self._before.items():
                if name not in own:  # it was added the last time
                    yield Argument(name, OMITTED, value)
            if not own and not self._before:
                yield Argument(None, OMITTED)
        yield Static(id="preview")
        yield buttons("Run")

    def on_mount(self) -> None:
        self._preview()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._preview()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._run()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._run()
        else:
            self.dismiss(None)

    async def action_add(self) -> None:
        """A line for an argument that the job does not have."""
        argument = Argument(None, OMITTED)
        await self.query_one("#arguments").mount(argument)
        argument.query_one(".name", Input).focus()

    def action_reset(self) -> None:
        """The argument where the cursor is, as the jobs file has it."""
        at = self.focused
        while at is not None and not isinstance(at, Argument):
            at = at.parent  # type: ignore[assignment]
        if at is not None:
            at.reset()

    def _changes(self) -> dict[str, Any]:
        return {line.name_typed: line.value for line in self.query(Argument) if line.name_typed and line.is_changed}

    def _faults(self) -> dict[Argument, str]:
        """What is wrong with names and values: a name that is taken, or that the job has no place for."""
        faults = {}
        taken = {line.argument for line in self.query(Argument) if line.argument is not None}
        for line in self.query(Argument):
            name = line.name_typed
            if not name:
                continue
            if line.argument is None:
                if name in taken:
                    faults[line] = "taken"
                taken.add(name)
            try:
                with_changes(self._job, {name: line.value})
            except UsageError:
                faults.setdefault(line, "no list" if name == ARGV else "write $NAME")
        return faults

    def _preview(self) -> None:
        """What this would run, secrets masked."""
        faults = self._faults()
        for line in self.query(Argument):
            line.say(faults.get(line, ""))
        if faults:
            return
        job = with_changes(self._job, self._changes())
        given = {**job.args, **job.env}
        secrets = [str(value) for name, value in given.items() if secret_names(name) and not isinstance(value, bool)]
        text = safe(shown(Redactor(secrets).argv([job.command, *build_command_args(job)])))
        cut = text if len(text) <= PREVIEW_LENGTH else text[: PREVIEW_LENGTH - 1] + "…"
        if cut != self._previewed:
            self._previewed = cut
            self.query_one("#preview", Static).update(Content.assemble(("runs  ", "$text-muted"), cut))

    def _run(self) -> None:
        faults = self._faults()
        if faults:
            next(iter(faults)).query(Input).first().focus()
            return
        self.dismiss(self._changes())
