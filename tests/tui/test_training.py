"""The training screen, on the files of a run that is made up step by step."""

import json
import os

from chatkit.runtime import owner
from chatkit.tui.screens.training import TrainingScreen
from chatkit.tui.widgets.curve import averaged, braille


def test_a_curve_in_braille():
    assert braille([0.0, 0.0, 1.0, 1.0], 2, 1, 0.0, 1.0) == ["⣀⠉"]
    assert braille([None, 1.0, None, 0.0], 2, 2, 0.0, 1.0) == ["⠈⠁", " ⢀".replace(" ", "⠀")]
    assert averaged([(0, 1.0), (1, 3.0), (9, 5.0), (10, float("nan"))], 2) == [2.0, 5.0]


def written(home, steps):
    run = home / "runs" / "mine" / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "recipe.json").write_text(json.dumps({"train": {"steps": 100}}))
    rows = [f"{n},{n / 2:.2f},0.001,1.0,{5 / n:.4f},{2 / n:.4f}" for n in range(1, steps + 1)]
    (run / "log.csv").write_text("\n".join(["step,seconds,rate,gradient_norm,generation,sentiment", *rows]) + "\n")
    kinds = ("weight.generation", "weight.sentiment", "change.generation", "self.generation", "self.sentiment")
    readings = [f"{n},1,0.5,-0.0{100 + n},0.3,0.2,-0.2{n % 2}" for n in range(10, 20)]
    (run / "objectives.csv").write_text(
        "\n".join([",".join(["step", *kinds, "cosine.generation/sentiment"]), *readings]) + "\n"
    )
    note = {"config": "mine.toml", "pid": os.getpid(), "owner": owner.owner_of(os.getpid()), "started": 0}
    (run.parent / "job.json").write_text(json.dumps(note))
    return run.parent


async def test_curves_grow_and_the_new_assistant_is_loaded(drive, home):
    folder = written(home, 20)
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/train")
        await chat.until(lambda: isinstance(chat.app.screen, TrainingScreen))
        await chat.sees("running", "step 20 of 100", "generation: loss, nats", "0.250", "0:40 left")
        await chat.sees("sentiment 0.50", "generation/sentiment  conflict: cosine -0.205", "stop and save")
        await chat.sees("noise floor", "generation +0.30", "sentiment +0.20", "generation -0.0115 (gains)")
        written(home, 100)
        await chat.sees("step 100 of 100", "0.050")
        (folder / "assistant.toml").write_text("")
        (folder / "job.json").write_text(json.dumps({"config": "mine.toml", "pid": 0, "owner": "", "started": 0}))
        await chat.sees("finished", "load the assistant")
        await chat.key("l")
        await chat.until(lambda: "this conversation goes on with it" in chat.words)
        await chat.ready()
        assert chat.app.chat.client._host._load.model == str(folder)
        await chat.say("still here")


async def test_without_a_run_the_command_teaches(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/train")
        await chat.sees("/train corpora:english.toml takes about a minute")
        await chat.enter("/train nothing.toml")
        await chat.sees("nothing.toml: no such file")
        await chat.enter("/model /nowhere")
        await chat.sees("/nowhere: holds no assistant")
