"""First files, crontabs, units."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from tests.messages.scenarios import failing, scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage


@scenario
def first_files(stage: Stage) -> None:
    stage.run("init")
    stage.run("init --config .")
    stage.write("blocked", "")
    stage.run("init --config blocked/jobs.toml")
    stage.run("init --config new/jobs.toml")


@scenario
def crontabs(stage: Stage) -> None:
    stage.write(
        "crontab",
        "MAILTO=me\nRANDOM_DELAY=3\nSTART_HOURS_RANGE=3-4\n@reboot x\nnonsense\n* * * * * a%b\n99 * * * * x\n"
        'A=B=C\n"A=B"=c\n* * * * * x\0y\nCRON_TZ=Mars\n* * * * * x\nCRON_TZ=\n* * * * *  %\n* * * * * \\\n'
        "=b\nA=b 0 1 * * * x\nTZ=UTC\nCRON_TZ=UTC\n@Daily x\n@every 5m x\n0~9 * * * * x\n0 0 ? * * x\n0 0 9 * * 2026 x"
        "\n0 1 * * * root cd /\n",
    )
    stage.run("import-crontab crontab")
    stage.write("system", "* * * * * root\n* * * * * nobody x\n* * * * * nobody\n* * * * * cd /\n")
    stage.run("import-crontab --system --run-as root system")
    stage.run("import-crontab nowhere")
    stage.write("latin", b"\xff")
    stage.run("import-crontab latin")
    stage.run("import-crontab 'a\0b'")
    with stage.patch.context() as patched:
        patched.setattr("os.geteuid", lambda: 987_654_321)
        stage.run("import-crontab --system system")
    stage.run("import-crontab crontab --write jobs.toml")
    stage.patch.setenv("PATH", str(stage.folder / "bin"))
    stage.run("import-crontab")
    for script in ("exit 1", "echo bad luck >&2; exit 1", "echo 'no crontab for x' >&2; exit 1", "printf '\\377'"):
        stage.write("bin/crontab", f"#!/bin/sh\n{script}\n", 0o755)
        stage.run("import-crontab")
    (stage.folder / "bin/crontab").chmod(0o644)
    stage.run("import-crontab")
    stage.write("bin/crontab", "#!/bin/sh\nexec /bin/sleep 9\n", 0o755)
    stage.patch.setattr("peak_console.setup.install._SECONDS", 0.05)
    stage.run("import-crontab")


@scenario
def units(stage: Stage) -> None:
    stage.patch.setenv("XDG_CONFIG_HOME", str(stage.folder / "xdg"))
    stage.patch.setenv("PATH", "/usr/bin:/bin")
    stage.patch.delenv("VIRTUAL_ENV", raising=False)
    stage.run("install systemd --user --remove")
    stage.write("xdg/systemd/user/peak-console.service", "mine")
    stage.run("install systemd --user --write")
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\ntags = ["a\\nb"]\n')
    stage.run("install systemd --user --config jobs.toml --include-tags 'a\nb'")
    stage.run("install systemd --user --config nowhere.toml")
    stage.patch.setenv("PATH", "/usr/bin:" + "/long" * 300)
    stage.run("install cron --user")
    stage.write("bin/crontab", '#!/bin/sh\necho "# Written by peak-console install: peak-console"\n', 0o755)
    stage.patch.setenv("PATH", str(stage.folder / "bin"))
    stage.run("install cron --user --write")
    stage.run("install cron --user")
    stage.patch.setenv("PEAK_CONSOLE_ALERT_URLS", "json://x")
    stage.run("install cron --user")
    stage.write("xdg/systemd/user/peak-console.service", "# Written by peak-console install\n")
    with stage.patch.context() as patched:
        patched.setattr("os.unlink", failing(errno.EACCES))
        stage.run("install systemd --user --remove")
