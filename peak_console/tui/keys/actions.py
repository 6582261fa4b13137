"""Everything an operator can do, in one table: bindings, footer, command palette and help are all made from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import format_key

from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Context(StrEnum):
    """Where a key works."""

    EVERYWHERE = "everywhere"
    JOBS = "jobs"
    OUTPUT = "output"
    ALERTS = "alerts"
    DETAILS = "details"
    """A screen of its own: of the keys of ``EVERYWHERE`` those of ``ON_A_JOB`` reach it."""
    HISTORY = "history"
    """As ``DETAILS``."""
    TIMELINE = "timeline"
    """As ``DETAILS``."""


ROOMS = (Context.DETAILS, Context.TIMELINE, Context.HISTORY)
"""Screens of their own: keys of ``EVERYWHERE`` do not reach them."""
TITLES: dict[str, str] = {
    Context.EVERYWHERE: "Everywhere",
    Context.JOBS: "1 Jobs",
    Context.OUTPUT: "2 Output",
    Context.ALERTS: "4 Alerts",
    Context.DETAILS: "Details of a job",
    Context.TIMELINE: "5 Day view",
    Context.HISTORY: "6 History",
}
"""What the contexts are called on the screen, in the order of the help."""


@dataclass(frozen=True, slots=True)
class ActionDef:
    """One thing an operator can do."""

    id: str
    """Its name in ``[keys]``, the id of its bindings, and the Textual action that they run."""
    default_keys: tuple[str, ...]
    """As Textual names keys; what the operator may replace."""
    label: str
    """For the footer and the palette."""
    context: str
    help: str
    """One sentence."""
    footer: bool = False
    """Whether the footer shows it where it works."""


_ALL = Context.EVERYWHERE

ACTIONS: tuple[ActionDef, ...] = (
    ActionDef("run", ("r",), "Run", _ALL, "Run the job now, or every marked job.", footer=True),
    ActionDef("run_with", ("R",), "Run with …", _ALL, "Run the job now with other arguments or variables."),
    ActionDef("rerun", ("full_stop",), "Rerun", _ALL, "Run again, as it was, the run whose output is shown."),
    ActionDef("stop", ("x",), "Stop", _ALL, "Stop what the job has running; asks first.", footer=True),
    ActionDef("why", ("w",), "Why", _ALL, "Why the job, its run or slot starts or does not."),
    ActionDef("disable", ("d",), "Disable", _ALL,
              "Disable the job, for a while or for good; or enable it; asks first.", footer=True),
    ActionDef("hold", ("H",), "Hold", _ALL,
              "Hold everything: nothing new starts; or release it; asks first.", footer=True),
    ActionDef("hold_jobs", ("B",), "Hold some", _ALL, "Hold some jobs, by tags or words, or release them."),
    ActionDef("blackouts", ("X",), "Blackout", _ALL,
              "Begin a blackout: what is due of some jobs is skipped or deferred; or end one."),
    ActionDef("gates", ("K",), "Gates", _ALL, "The gates, and their kill switches: close one, or open it again."),
    ActionDef("acknowledge", ("a",), "Acknowledge", _ALL, "Acknowledge the alert under the cursor.", footer=True),
    ActionDef("acknowledge_all", ("A",), "Acknowledge all", _ALL, "Acknowledge every alert; asks first."),
    ActionDef("take_back", ("u",), "Take back", _ALL, "Take back what was acknowledged: the alert is open again."),
    ActionDef("follow", ("f",), "Follow", _ALL, "Keep the output at its end as it grows, or stop that."),
    ActionDef("go_to", ("g",), "Go to", _ALL, "Find a job by some letters of its name, and go there."),
    ActionDef("chain", ("C",), "Chain", _ALL, "The jobs that wait for each other, as a tree with states."),
    ActionDef("tags", ("t",), "Tags", _ALL, "Show only the jobs that have one of some tags."),
    ActionDef("take_over", ("E",), "Take over", _ALL, "Run the engine here, when there is none; asks first."),
    ActionDef("plan", ("P",), "Plan", _ALL, "What the jobs file has changed, or would that is held back."),
    ActionDef("accept_jobs", ("L",), "Load jobs", _ALL,
              "Load a jobs file that is held back: it drops most jobs; asks first."),
    ActionDef("edit", ("e",), "Edit", _ALL, "Open the jobs file in $EDITOR, at the job.", footer=True),
    ActionDef("copy_command", ("c",), "Copy command", _ALL, "Copy the job's command line to the clipboard."),
    ActionDef("next_pane", ("tab",), "Next pane", _ALL, "Go to the next pane."),
    ActionDef("previous_pane", ("shift+tab",), "Previous pane", _ALL, "Go to the pane before."),
    ActionDef("pane_jobs", ("1",), "Jobs", _ALL, "Go to the jobs."),
    ActionDef("pane_output", ("2",), "Output", _ALL, "Go to the output of the job."),
    ActionDef("pane_upcoming", ("3",), "Upcoming", _ALL, "Go to what runs and comes next; choose a job there."),
    ActionDef("pane_alerts", ("4",), "Alerts", _ALL, "Go to the alerts."),
    ActionDef("timeline", ("5",), "Day view", _ALL, "A lane per job: what ran, what runs, what will run."),
    ActionDef("history", ("6",), "History", _ALL, "Every run of all jobs, by outcome, lateness, person."),
    ActionDef("details", ("enter",), "Details", _ALL,
              "Everything about the job, on a screen of its own.", footer=True),
    ActionDef("zoom", ("z",), "Zoom", _ALL, "Give the pane the whole screen, or no longer."),
    ActionDef("wallboard", ("W",), "Wallboard", _ALL, "Large letters: what fails, is late, runs and comes next."),
    ActionDef("merged", ("M",), "Merged output", _ALL, "What the marked jobs print, line by line as it comes."),
    ActionDef("help", ("question_mark",), "Help", _ALL, "Every key, and what the signs mean.", footer=True),
    ActionDef("command_palette", ("ctrl+p",), "Commands", _ALL, "Find any of these by its name, and the themes."),
    ActionDef("quit", ("q",), "Quit", _ALL, "Leave; asks what becomes of the scheduler.", footer=True),
    ActionDef("mark", ("space",), "Mark", Context.JOBS,
              "Mark the job: actions are then for all marked ones."),
    ActionDef("mark_all", ("asterisk",), "Mark all", Context.JOBS, "Mark every job that is shown; again, none."),
    ActionDef("invert_marks", ("I",), "Invert marks", Context.JOBS,
              "Mark the shown jobs that are not, unmark the others."),
    ActionDef("filter", ("slash",), "Filter", Context.JOBS,
              "Show only the jobs whose name, tags or state match.", footer=True),
    ActionDef("views", ("F",), "Views", Context.JOBS, "Show a view that you have named, or name this one."),
    ActionDef("columns", ("vertical_line",), "Columns", Context.JOBS, "Choose the columns of the jobs."),
    ActionDef("sort", ("s",), "Sort", Context.JOBS, "Sort by the next column."),
    ActionDef("reverse_sort", ("S",), "Reverse", Context.JOBS, "Sort the other way round."),
    ActionDef("search", ("slash",), "Search", Context.OUTPUT, "Find text in the output.", footer=True),
    ActionDef("filter_lines", ("ampersand",), "Only lines", Context.OUTPUT,
              "Show only the lines that match; with ! before it, those that do not."),
    ActionDef("next_match", ("n",), "Next match", Context.OUTPUT, "Go to the next match."),
    ActionDef("previous_match", ("N",), "Previous match", Context.OUTPUT, "Go to the match before."),
    ActionDef("jump_end", ("end",), "End", Context.OUTPUT, "Go to the end of the output, and follow it."),
    ActionDef("older_run", ("left_square_bracket", "o"), "Earlier run", Context.OUTPUT,
              "Show the run before.", footer=True),
    ActionDef("newer_run", ("right_square_bracket", "O"), "Later run", Context.OUTPUT,
              "Show the run after.", footer=True),
    ActionDef("wrap", ("l",), "Wrap", Context.OUTPUT, "Wrap long lines, or cut them off.", footer=True),
    ActionDef("timestamps", ("T",), "Times", Context.OUTPUT, "Show when each line was written, or not."),
    ActionDef("save", ("S",), "Save", Context.OUTPUT, "Save the output to a file."),
    ActionDef("open_alert", ("enter",), "Read alert", Context.ALERTS,
              "Read the whole alert; from there to its run.", footer=True),
    ActionDef("filter_alerts", ("slash",), "Filter", Context.ALERTS,
              "List only some alerts: words, level:, job:, unread."),
    ActionDef("scope", ("v",), "More", Context.ALERTS, "List also resolved alerts, then successes, then neither."),
    ActionDef("note", ("n",), "Note", Context.ALERTS, "Acknowledge the alert with a note."),
    ActionDef("open_run", ("enter",), "Output", Context.DETAILS,
              "Show the output of the run under the cursor.", footer=True),
    ActionDef("close", ("escape", "q"), "Close", Context.DETAILS, "Back to the console.", footer=True),
    ActionDef("open_lane_run", ("enter",), "Output", Context.TIMELINE, "Show the output of the run under the cursor."),
    ActionDef("lane_details", ("d",), "Job", Context.TIMELINE, "Everything about the job under the cursor."),
    ActionDef("zoom_in", ("plus", "equals_sign"), "Closer", Context.TIMELINE, "Show less time, from 7 days to 1 hour."),
    ActionDef("zoom_out", ("minus",), "Wider", Context.TIMELINE, "Show more time, from 1 hour to 7 days."),
    ActionDef("earlier", ("left_square_bracket",), "Earlier", Context.TIMELINE, "Go back by half of what is shown."),
    ActionDef("later", ("right_square_bracket",), "Later", Context.TIMELINE, "Go on by half of what is shown."),
    ActionDef("next_item", ("tab",), "Run after", Context.TIMELINE, "Go to the next run or slot of the job."),
    ActionDef("previous_item", ("shift+tab",), "Run before", Context.TIMELINE, "Go to the run or slot before."),
    ActionDef("to_now", ("n",), "Now", Context.TIMELINE, "Go to the present."),
    ActionDef("close_room_5", ("q", "5"), "Close", Context.TIMELINE, "Back to the console; also Esc."),
    ActionDef("open_past_run", ("enter",), "Output", Context.HISTORY, "Show the output of the run under the cursor."),
    ActionDef("past_details", ("d",), "Job", Context.HISTORY, "Everything about the job of the run."),
    ActionDef("past_filter", ("slash",), "Filter", Context.HISTORY,
              "Show only what words ask for: failed late:>1m by:ada."),
    ActionDef("past_failed", ("f",), "Failed", Context.HISTORY, "Only runs that have failed, or no longer only those."),
    ActionDef("past_late", ("l",), "Late", Context.HISTORY, "Only runs that have started late."),
    ActionDef("past_not_run", ("s",), "Not run", Context.HISTORY, "Only slots that were missed or skipped."),
    ActionDef("past_by_hand", ("m",), "By hand", Context.HISTORY, "Only runs that somebody has asked for."),
    ActionDef("past_today", ("t",), "Today", Context.HISTORY, "Only what has happened today."),
    ActionDef("past_yesterday", ("y",), "Yesterday", Context.HISTORY, "Only what happened yesterday."),
    ActionDef("find_in_outputs", ("o",), "Find", Context.HISTORY, "Find a text in the outputs of the listed runs."),
    ActionDef("compare_runs", ("c",), "Compare", Context.HISTORY, "Compare two marked runs, or a run with the last."),
    ActionDef("past_actions", ("a",), "Shift log", Context.HISTORY, "Who did what, instead of the runs; or the runs."),
    ActionDef("mark_run", ("space",), "Mark", Context.HISTORY, "Mark the run, to compare it with another one."),
    ActionDef("close_room", ("q", "6"), "Close", Context.HISTORY, "Back to the console; also Esc."),
)  # fmt: skip

ON_A_JOB = (
    "run", "run_with", "rerun", "stop", "disable", "hold", "hold_jobs", "blackouts", "gates", "why", "chain", "go_to",
    "edit", "copy_command", "command_palette", "help",
)  # fmt: skip
"""What can be done to a job also from its details."""
IN_ROOMS = ("why", "chain", "go_to")
"""What works in every room: for the job, run or slot under its cursor."""
ACTION: dict[str, ActionDef] = {action.id: action for action in ACTIONS}


def keys_of(action: ActionDef, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that an action has, by ``ConsoleConfig.keymap``."""
    own = keymap.get(action.id)
    return tuple(own.split(",")) if own else action.default_keys


def keys_shown(action: ActionDef, keymap: Mapping[str, str]) -> str:
    """The keys of an action as people read them: ``[ o``."""
    return " ".join(map(shown, keys_of(action, keymap)))


def key_shown(action_id: str, keymap: Mapping[str, str]) -> str:
    """The first key of an action, for a sentence that says what to press."""
    return shown(keys_of(ACTION[action_id], keymap)[0])


def shown(key: str) -> str:
    """A key as people read it: ``?``, ``Ctrl+P``, ``Shift+Tab``, ``Enter``."""
    *modifiers, last = key.split("+")
    name = {"enter": "Enter", "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}.get(last) or format_key(last)
    if len(name) > 1 or (modifiers and name.isalpha()):
        name = name[:1].upper() + name[1:]
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


def binding(action_id: str, prefix: str = "") -> Binding:
    """The binding of an action with its default keys; ``App.set_keymap`` replaces those by its id.

    ``prefix`` says where the action lives: ``app.`` or ``screen.``, or nothing for the widget itself.
    """
    action = ACTION[action_id]
    return Binding(
        ",".join(action.default_keys),
        f"{prefix}{action.id}",
        action.label,
        show=action.footer,
        key_display=shown(action.default_keys[0]),
        tooltip=action.help,
        id=action.id,
    )


def bindings_of(*contexts: str, prefix: str = "") -> Iterator[Binding]:
    """The bindings of some contexts, as ``binding`` makes them."""
    return (binding(action.id, prefix) for action in ACTIONS if action.context in contexts)
