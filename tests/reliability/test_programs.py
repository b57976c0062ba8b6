"""Programs of every kind run pipelines: daemons, threads, forks, those with too many files, or none where files usually are."""

from __future__ import annotations

import pytest
from penstock import Run, State

HEAD = """
import asyncio, multiprocessing, os, resource, sys, tempfile, threading, traceback
from penstock import Local, pipeline, step

HOME = os.path.dirname(os.path.abspath(__file__))

@step
def one(n: int) -> int:
    print("hello")
    return n + 1

@pipeline
def two(n: int = 1) -> int:
    return one(one(n))

def main() -> None:
    found = Local(jobs=2, display="none", workspace=HOME).run(two).result()
    with open(f"{HOME}/result", "w") as file:
        file.write(str(found))
"""

PROGRAMS = {
    "a daemon": """
if os.fork():
    os._exit(0)
os.setsid()
os.chdir("/")
for number in range(3):
    os.close(number)
sys.stdin = sys.stdout = sys.stderr = None
main()
""",
    "one with a file where its standard input was": "for number in range(3): os.close(number)\nfile = open(os.devnull)\nmain()",
    "one that has thousands of files open": """
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
files = [open(os.devnull) for _ in range(1500)]
main()
""",
    "one that may open few files": "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\nmain()",
    "one whose folder is gone": "os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())\nmain()",
    "one without a home and with no folder for temporary files": "os.environ.pop('HOME', None); os.environ['TMPDIR'] = '/proc'\nmain()",
    "one whose files are for nobody else": "os.umask(0o077)\nmain()",
    "a thread": "thread = threading.Thread(target=main); thread.start(); thread.join()",
    "a forked process": "process = multiprocessing.get_context('fork').Process(target=main); process.start(); process.join()",
    "an event loop": "async def go(): main()\nasyncio.run(go())",
    "the destruction of an object": "class Last:\n    def __del__(self): main()\nlast = Last(); del last",
    "the end of the interpreter": "import atexit; atexit.register(main)",
    "one without signals": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))\nmain()",
    "one that forgets its children": "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nmain()",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_pipeline_can_be_run_by(project, program):
    body = PROGRAMS[program].strip().replace("\n", "\n    ")
    ended = project.script(f"{HEAD}\nif __name__ == '__main__':\n    {body}\n")
    assert (ended.code, ended.err) == (0, "") and project.wait_for("result") == "3"
    assert Run.get("last", project.workspace).state is State.COMPLETED


def test_a_project_may_be_in_a_folder_with_any_name(open_project, tmp_path):
    with open_project(tmp_path / f" a\n{'ü' * 120} $x'") as project:
        ended = project.script(f"{HEAD}\nif __name__ == '__main__':\n    main()\n")
        assert (ended.code, ended.err) == (0, "") and project.wait_for("result") == "3"
        assert Run.get("last", project.workspace).state is State.COMPLETED
