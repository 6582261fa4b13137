from tests.terminal.test_looking_on import *
import time
def test_x(stage, nobody):
    stage.jobs(shell("patient", "echo begun; until [ -e {folder}/open ]; do sleep 0.05; done; echo through; exit 7", DAILY))
    stage.state.mkdir(mode=0o755)
    engine = stage.headless()
    then_shown = ["/bin/sh", "-c", 'trap : INT; "$@"; echo "left with $?"; exec cat', "sh"]
    tmux = stage.tmux([*then_shown, *nobody, *stage.command()])
    tmux.wait_for(lambda screen: f"attached to pid {engine.pid}" in screen and "read-only" in screen)
    tmux.wait_for("looking on only, nothing can be commanded")
    assert stage.run("run", "patient").code == 0
    tmux.wait_for(lambda screen: "▶ running   patient" in screen and "begun" in screen)
    for key in ("r", "R", "x", "d", "H", "a", "A"):
        tmux.keys(key)
    tmux.wait_for("▌ looking on only, nothing can be commanded")
    engine.send(signal.SIGKILL)
    engine.wait()
    tmux.wait_for("only its owner can start one")
    engine = stage.headless()
    f=open("/tmp/b1/lo.out","w")
    for i in range(8):
        time.sleep(3); print("\n".join(tmux.screen().splitlines()[:12]),file=f,flush=True)
    tmux.resize(141,42); time.sleep(1); print("RESIZED\n",tmux.screen()[:900],file=f,flush=True)
    (stage.folder / "open").touch()
    time.sleep(1)
    engine.leave()
