"""Scripts and commands as steps: run as they are, given paths and values, giving files and folders."""

from __future__ import annotations

import enum
import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from penstock import DefinitionError, Local, ProgramFailed, RunFailed, command_step, pipeline, script_step
from penstock.dsl.library.templates import filled, filled_command

QUIET = Local(display="none")


def test_a_script_runs_as_plain_python_calls_do(flowing, project):
    assert flowing.flow(project / "number.txt") == 42.0


def test_a_script_is_a_step_of_a_run(flowing, project):
    run = QUIET.run(flowing.flow, Path("number.txt"), lr=2.0)
    assert run.result() == 84.0
    assert "lr is 2.0" in run.steps["train"].logs


def test_a_script_travels_by_the_name_it_is_bound_to(flowing):
    from penstock.compilers.lowering import compile_pipeline

    reference = compile_pipeline(flowing.flow).graph["train"].function
    assert (reference.module, reference.qualname, reference.attached) == ("flowing", "train", None)


def test_a_script_step_made_in_a_function_travels_by_value(script, project):
    copy = script(
        "import sys, shutil; shutil.copy(*sys.argv[1:])",
        inputs={"a": Path},
        outputs={"b": Path},
        arguments=["{a}", "{b}"],
    )
    run = QUIET.run(pipeline(lambda a: copy(a)), Path("number.txt"))
    assert run.result().read_text() == "21"


def test_its_signature_says_what_goes_in_and_out(flowing):
    assert str(inspect.signature(flowing.train)) == "(data: pathlib.Path, lr: float = 0.5) -> pathlib.Path"


def test_a_missing_input_is_refused_at_the_call(flowing):
    with pytest.raises(DefinitionError, match="missing a required argument: 'data'"):
        QUIET.run(pipeline(lambda: flowing.train()))


def test_several_outputs_come_as_a_named_tuple(script):
    text = "import sys\nfor name in sys.argv[1:]: open(name, 'w').write(name)"
    split = script(text, outputs={"left": "left.csv", "right": "right.csv"}, arguments=["{left}", "{right}"])
    run = QUIET.run(pipeline(lambda: split()))
    assert (run.result().left.name, run.result().right.name) == ("left.csv", "right.csv")


def test_a_folder_is_made_before_where_its_name_ends_with_a_slash(script):
    plots = script(
        "import sys, os; open(os.path.join(sys.argv[1], 'a'), 'w')", outputs={"plots": "plots/"}, arguments=["{plots}"]
    )
    assert [path.name for path in QUIET.run(pipeline(lambda: plots())).result().iterdir()] == ["a"]


def test_the_exit_code_and_the_last_complaints_are_told(script):
    fail = script("import sys; print('bad rows', file=sys.stderr); sys.exit(7)")
    with pytest.raises(RunFailed) as caught:
        QUIET.run(pipeline(lambda: fail()))
    cause = caught.value.__cause__
    assert (type(cause), cause.code, cause.complaints) == (ProgramFailed, 7, "bad rows\n")


def test_the_signal_that_ended_a_script_is_told(script):
    with pytest.raises(ProgramFailed, match="it was ended by SIGKILL") as caught:
        script("import os; os.kill(os.getpid(), 9)")()
    assert caught.value.code == -signal.SIGKILL


def test_an_output_that_was_not_written_is_named_with_what_is_there(script):
    lazy = script(
        "import sys, pathlib; pathlib.Path(sys.argv[1]).with_name('other').touch()",
        outputs={"model": Path},
        arguments=["{model}"],
    )
    with pytest.raises(ProgramFailed, match="did not write its output 'model': expected 'model', found other"):
        lazy()


def test_a_command_that_is_not_there_cannot_be_started():
    with pytest.raises(ProgramFailed, match="could not be started: No such file or directory: 'no-such-program'"):
        command_step(["no-such-program"])()


def test_output_is_passed_on_as_it_comes(script, capfd):
    script("print('größe'); import sys; sys.stdout.buffer.write(b'\\xff\\n')")()
    assert capfd.readouterr().out == "größe\n\ufffd\n"


def test_a_command_is_given_to_the_shell_with_every_value_quoted(project):
    odd = project / "it's; touch hacked.txt"
    odd.write_text("b\na\n")
    sort = command_step("sort {rows} > {out}", inputs={"rows": Path}, outputs={"out": Path})
    assert sort(odd).read_text() == "a\nb\n"
    assert not (project / "hacked.txt").exists()


def test_a_command_is_a_step_named_after_its_program():
    count = command_step("/usr/bin/wc -l < {rows} > {out}", inputs={"rows": Path}, outputs={"out": Path})
    assert count.name == "wc"


def test_a_command_as_a_list_needs_no_shell(project):
    show = command_step(
        [sys.executable, "-c", "import sys; print(sys.argv[1:])", "{words}", "a$HOME"], inputs={"words": list[str]}
    )
    assert show(["x y", "z"]) is None


class Kind(enum.Enum):
    FAST = "fast"


@pytest.mark.parametrize(
    "arguments, values, expected",
    [
        (["--a", "{a}"], {"a": 0.5}, ["--a", "0.5"]),
        (["--a", "{a}"], {"a": None}, []),
        (["--a", "{a}"], {"a": [1, 2]}, ["--a", "1", "2"]),
        (["--a={a}"], {"a": True}, ["--a=True"]),
        (["{{a}}"], {}, ["{a}"]),
        (["{a}"], {"a": Kind.FAST}, ["fast"]),
        (["{a}"], {"a": {"b": [1]}}, ['{"b": [1]}']),
        (["{a}"], {"a": Path("x y")}, ["x y"]),
        (["{a}"], {"a": ""}, [""]),
    ],
)
def test_values_take_the_places_of_names(arguments, values, expected):
    assert filled(arguments, values) == expected


def test_a_value_that_is_no_text_is_refused_by_the_name_of_the_input():
    with pytest.raises(
        DefinitionError, match="the input 'model' is a object, which cannot be given to a program as text"
    ):
        filled(["{model}"], {"model": object()})


def test_a_list_is_several_words_of_a_shell():
    assert filled_command("ls {names}", {"names": ["a b", "c"]}) == "ls 'a b' c"


@pytest.mark.parametrize(
    "wanted, problem",
    [
        ({"inputs": {"a b": Path}}, "'a b' is no name for an input or output"),
        ({"inputs": {"a": Path}, "outputs": {"a": Path}}, "an input and an output are both called 'a'"),
        ({"inputs": {"a": Path}, "arguments": "--a {a}"}, "expected a list of texts"),
        ({"outputs": {"a": "../a"}}, "expected Path, or what its file is called"),
        ({"outputs": {"a": "/etc/a"}}, "expected Path, or what its file is called"),
    ],
)
def test_what_is_wrong_with_a_script_is_said_where_it_is_written(script, wanted, problem):
    with pytest.raises(DefinitionError, match=problem) as caught:
        script("", **wanted)
    assert Path(caught.value.location.file).name == "conftest.py"


def test_inputs_without_default_may_follow_those_with_one(script):
    made = script("", inputs={"lr": 0.1, "data": Path})
    assert str(inspect.signature(made)) == "(*, lr: float = 0.1, data: pathlib.Path) -> None"


def test_a_script_of_another_language_is_started_by_its_interpreter(project):
    (project / "count.sh").write_text('echo "$1" > "$2"\n')
    count = script_step(project / "count.sh", inputs={"n": int}, outputs={"out": Path}, arguments=["{n}", "{out}"])
    assert count(3).read_text() == "3\n"


def test_a_script_is_stopped_with_its_step(script, project):
    text = f"import os, time; open({str(project / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    sleep = script(text, timeout=2)
    with pytest.raises(RunFailed):
        QUIET.run(pipeline(lambda: sleep()))
    pid = int((project / "pid").read_text())
    assert subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()[:1] in (
        "",
        "Z",
    )


def test_a_script_runs_in_its_own_folder(script, project):
    where = script(
        "import os, sys; open(sys.argv[1], 'w').write(os.getcwd())", outputs={"out": Path}, arguments=["{out}"]
    )
    os.chdir("/")
    assert where().read_text() == str(project)
