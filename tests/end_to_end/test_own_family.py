"""A user's own family, from check to report: the complete example of docs/own_family.md."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import pytest
import torch

from vistab import training
from vistab.results import load

EXAMPLE = Path(__file__).parent / "own_family"


@pytest.fixture
def wgan(vistab, tmp_path):
    """Calls the command line in a folder that holds wgan.py and wgan.yaml."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    yield vistab
    sys.modules.pop("wgan", None)


@pytest.fixture
def edit_code(tmp_path):
    """Changes some text of wgan.py."""

    def replace(old: str, new: str) -> None:
        text = (tmp_path / "wgan.py").read_text()
        assert old in text
        (tmp_path / "wgan.py").write_text(text.replace(old, new))
        importlib.invalidate_caches()

    return replace


def test_the_page_shows_the_example_as_it_is():
    """Code and study."""
    page = (Path(__file__).parents[2] / "docs" / "own_family.md").read_text()
    assert (EXAMPLE / "wgan.py").read_text() in page
    assert (EXAMPLE / "wgan.yaml").read_text() in page


def test_it_is_checked_and_planned_like_any_other(wgan):
    """Its fields are axes; the one that is marked stacks."""
    assert "2 arms, 6 runs, 2 packs, 1 claim" in wgan("check", "wgan.yaml").out
    document = json.loads(wgan("plan", "wgan.yaml", "--json").out)
    assert [pack["n_runs"] for pack in document["packs"]] == [3, 3]


def test_its_study_is_interrupted_resumed_and_reported(wgan, tmp_path, monkeypatch):
    """With the local engine; its own evidence is in the history."""
    command = ("study", "wgan.yaml", "--engine", "local", "--json")
    real, trained = training.train_pack, []

    def train_pack(pack, *rest, **options):
        if pack.pack_id != "trial":
            trained.append(pack.pack_id)
            if len(trained) == 2:
                raise KeyboardInterrupt
        return real(pack, *rest, **options)

    monkeypatch.setattr(training, "train_pack", train_pack)
    assert wgan(*command).code == 130
    assert wgan("report", "reports/wgan").code == 0
    assert wgan("report", "reports/wgan").code == 0
    assert (
        sorted(load(tmp_path / "reports/wgan").runs["status"]) == ["finished"] * 3 + ["missing"] * 3
    )
    answer = wgan(*command)
    assert answer.code == 0, answer.err
    assert len(trained) == 3
    assert json.loads(answer.out)["status"] == {"finished": 6}
    (tmp_path / "wgan.py").unlink()  # judging needs results alone
    sys.modules.pop("wgan")
    verdicts = json.loads(answer.out)["verdicts"]
    assert json.loads(wgan("judge", "reports/wgan", "--json").out) == verdicts
    assert wgan("report", "reports/wgan").code == 0
    history = load(tmp_path / "reports" / "wgan").history
    assert {"distance", "generator_loss", "critic_gradient_norm"} <= set(history.columns)
    assert history["distance"].notna().all()


def test_code_that_was_edited_between_two_sessions_is_refused_like_any_other_change(
    wgan, edit_code, tmp_path, monkeypatch
):
    """So are modules that it imports; a study is never the work of two versions."""
    (tmp_path / "wgan_words.py").write_text("HINT = 1\n")
    edit_code("import torch\n", "import torch\nimport wgan_words\n")
    command = ("study", "wgan.yaml", "--engine", "local", "--quiet")

    def interrupted(pack, *rest, **options):
        if pack.pack_id != "trial":
            raise KeyboardInterrupt
        return real(pack, *rest, **options)

    with monkeypatch.context() as patch:
        real = training.train_pack
        patch.setattr(training, "train_pack", interrupted)
        assert wgan(*command).code == 130
    (tmp_path / "wgan_words.py").write_text("HINT = 2\n")
    for name in ("wgan", "wgan_words"):  # as in a new process
        sys.modules.pop(name)
    answer = wgan(*command)
    assert answer.code == 2
    assert answer.err.endswith("changed since: wgan_words\n")
    (tmp_path / "wgan_words.py").write_text("HINT = 1\n")
    with monkeypatch.context() as patch:
        patch.setattr(training, "train_pack", interrupted)
        assert wgan(*command).code == 130
    sys.modules.pop("wgan_words")


def test_a_metric_of_its_own_can_be_claimed_about_and_judged_without_its_module(
    wgan, edit_code, tmp_path
):
    """What the family declares is kept with the results."""
    edit_code("import torch\n", "import torch\nfrom vistab.spec.metrics import Metric\n")
    edit_code(
        "    latent_dim: Pos", '    metrics = {"distance": Metric("lower")}\n    latent_dim: Pos'
    )
    study, _ = (tmp_path / "wgan.yaml").read_text().split("claims:")
    claim = "{id: C1, says: s, kind: trend, along: family.penalty, metric: M, expect: lower}"
    (tmp_path / "wgan.yaml").write_text(f"{study}claims: [{claim}]".replace("M,", "final_distanc,"))
    assert "nearest: final_distance" in wgan("check", "wgan.yaml").err
    (tmp_path / "wgan.yaml").write_text(f"{study}claims: [{claim}]".replace("M,", "best_distance,"))
    answer = wgan("study", "wgan.yaml", "--engine", "local", "--json")
    assert answer.code == 0, answer.err
    (tmp_path / "wgan.py").unlink()
    sys.modules.pop("wgan")
    assert (
        json.loads(wgan("judge", "reports/wgan", "--json").out)
        == json.loads(answer.out)["verdicts"]
    )
    runs = load(tmp_path / "reports" / "wgan").runs
    assert (runs["best_distance"] <= runs["final_distance"]).all()


@pytest.mark.slow
@pytest.mark.ray
def test_ray_trains_the_same_bits(wgan, tmp_path):
    """Its workers find the module where the command did."""
    for engine in ("ray", "local"):
        answer = wgan("study", "wgan.yaml", "--engine", engine, "--out", engine)
        assert answer.code == 0, answer.err
    one, other = (tmp_path / engine / "wgan/history.parquet" for engine in ("ray", "local"))
    assert one.read_bytes() == other.read_bytes()


def test_the_penaltys_gradient_is_that_of_plain_torch(wgan, tmp_path):
    """A gradient of a gradient, mapped over the runs and traced, against create_graph=True."""
    from vistab.cli.request import read_plan
    from vistab.training.loop import _inputs, _take_step
    from vistab.training.state import begin

    pack = read_plan(tmp_path / "wgan.yaml").packs[0]
    trained = begin(pack)
    phase, stack = trained.phases[0], trained.stacks["critic"]
    inputs = _inputs(trained, phase, 1, 0)
    built = _plain_networks(pack, trained)
    _take_step(trained, phase, inputs, {}, {})
    found = stack.layout.views(stack.gradient)
    for k, (run, networks) in enumerate(zip(pack.runs, built, strict=True)):
        loss = _plain_loss(networks, inputs["data"][k], inputs["latents"][k], run)
        parameters = dict(networks["critic"].named_parameters())
        expected = torch.autograd.grad(loss, list(parameters.values()))
        for name, gradient in zip(parameters, expected, strict=True):
            torch.testing.assert_close(found[name][k], gradient, rtol=1e-4, atol=1e-6)


def _plain_networks(pack, trained):
    """Each run's networks as ordinary modules, with the weights that the pack begins with."""
    built = [trained.family.networks(run.arm.settings.family, (2,)) for run in pack.runs]
    for k, networks in enumerate(built):
        for name, module in networks.items():
            views = trained.stacks[name].views
            module.load_state_dict({key: view[k].clone() for key, view in views.items()})
    return built


def _plain_loss(networks, real, latents, run):
    fake, critic = networks["generator"](latents).detach(), networks["critic"]
    points = torch.cat([real, fake]).requires_grad_()
    (slope,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    penalty = run.arm.settings.family.penalty * (slope.norm(dim=1) - 1).square().mean()
    return penalty - critic(real).mean() + critic(fake).mean()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import torch\n", "import troch\n", "ModuleNotFoundError: No module named 'troch' (wgan"),
        ("WGAN = Family(", "GANW = Family(", "wgan has no WGAN; its families: GANW"),
        ("class WGANSpec(FamilySpec)", "class WGANSpec", "must be a subclass of"),
        ("spec=WGANSpec,", "spec='WGANSpec',", "must be a subclass of"),
        ("def build(spec, sh", "def build(self, spec, sh", "missing 1 required positional"),
        ('("critic",), ("data"', '("critik",), ("data"', "phase critic: trains must be"),
        ('("latents",), 1, 1', '("latents"), 1, 1', "phase generator: inputs must be a tuple"),
        ('networks["generator"](inputs["latents"])', 'networks["critic"](inputs["latents"][:, :2])',
         "sample must give [n, d], for 3 latents (3, 2), (3, 1) got"),
        ('numbers["penalty"]', 'numbers["penalti"]', "KeyError: 'penalti' (wgan.py:"),
        ("distance.detach()}", "distance.item()}",
         "evidence distance must be a tensor, a scalar or a vector, float got"),
        ("distance.detach()}", "torch.tensor(distance.item())}", "wgan.py:"),
        ('"distance": dist', '"scale": dist', "evidence may not be called scale"),
        ('"distance": distance.detach()', '"distance": slope',
         "evidence distance must be a tensor, a scalar or a vector, (6, 2) got"),
        ("Step(loss, {},", "Step(loss[None], {},", "generator: its loss must be a scalar, (1,"),
        ('Step(loss, {}, {"gen', '(loss, {}, {"gen', "phase generator: its loss gave a tuple, not"),
        ('Phase("generator", (', 'Phase("critic", (', "two phases are called critic"),
        ("    latent_dim: Pos", '    outcomes = {"sick"}\n    latent_dim: Pos',
         "the spec names no outcomes of vistab's: sick"),
        ("    penalty: Ann", "    round: Annotated[float, STACKS] = 1.0\n    penalty: Ann",
         "no field marked STACKS may be called round"),
        ('"critic": nets', '"critic_before": nets', "critic_before: names that end in _before"),
        ('("latents",), 1, 1', '("data_set",), 1, 1', "phase generator needs a data set: data_"),
        ("sample=sample,", "sample=sample, start=print,", "start needs a data set: data_size says"),
        ("sample=sample,", "sample=sample, data_size=lambda spec: 0.5,", "data_size must give a"),
        ("1, 1, generator_loss)", "1, 1, generator_loss, before=('critik',))",
         "phase generator: before must be a tuple of some of generator, critic"),
        ("sample=sample,", "sample=sample, observe=lambda *given: {},",
         "observe gave a dict, not an Observation"),
        ("(slope.norm", "(torch.nn.functional.dropout(slope).norm",
         "torch's own (as dropout does), which belong to no seed of the study; take them from "
         "inputs: latents, encoder_noise or generator_noise (wgan.py:38)"),
        ("= sample(networks, inputs).detach()",
         "= sample(networks, inputs).detach() + torch.rand(2)", "torch's own (as dropout does)"),
        ('return networks["generator"](inputs["latents"])',
         'x = networks["generator"](inputs["latents"])\n    return x + torch.randn_like(x)',
         "randn_like draws random numbers of torch's own"),
        ("distance = critic(real)", "distance = __import__('random').random() * critic(real)",
         "trained twice from the same seed, distance differs: random numbers may come from inputs"),
        ("spec.critic_steps, 1, critic_loss)",
         "spec.critic_steps, 1, (spec.penalty, critic_loss)[1])",
         "object has no attribute 'penalty': it is marked STACKS, so it may differ within a pack; "
         "losses find it in numbers (wgan.py:49)"),
        ("    latent_dim: Pos", "    mark: Annotated[str, STACKS] = 'x'\n    latent_dim: Pos",
         "mark is marked STACKS, so it must be a number, 'x' got"),
        ("    distance = critic(real)",
         "    total = torch.zeros(())\n    total += slope.sum()\n    distance = critic(real)",
         "shape [] doesn't match the broadcast shape [2] (wgan.py:40)"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_told_before_anything_starts(
    wgan, edit_code, tmp_path, old, new, words
):
    """In one line, with the place in the study, and in the code where there is one."""
    edit_code(old, new)
    answer = wgan("study", "wgan.yaml", "--engine", "local")
    assert answer.code == 2
    (line,) = answer.err.strip().splitlines()
    assert line.startswith("wgan.yaml:3: family.kind: cannot be used as a family: ")
    assert words in line
    assert not (tmp_path / "reports").exists()


def test_a_module_that_is_not_there_is_told_with_where_it_was_looked_for(wgan, tmp_path):
    """And a wrong field is told as for any other family."""
    text = (tmp_path / "wgan.yaml").read_text()
    (tmp_path / "wgan.yaml").write_text(text.replace("wgan:WGAN", "wagn:WGAN"))
    answer = wgan("check", "wgan.yaml")
    assert "No module named 'wagn' in the current folder, the study's folder" in answer.err
    (tmp_path / "wgan.yaml").write_text(text.replace('"wgan:WGAN"', '"wgan:WGAN", penalti: 1'))
    assert "nearest: penalty" in wgan("check", "wgan.yaml").err


def test_what_it_prints_stays_off_stdout(wgan, edit_code):
    """--json is one document."""
    edit_code("def build", "print('hello')\n\n\ndef build")
    assert json.loads(wgan("plan", "wgan.yaml", "--json").out)["n_runs"] == 6


def test_every_program_of_the_study_is_tried(wgan, edit_code, tmp_path):
    """What goes wrong in an arm that is not the first is told with the arm's values."""
    edit_code(
        "def phases(spec):", "def phases(spec):\n    assert spec.critic_steps < 3, 'too many'"
    )
    study = (tmp_path / "wgan.yaml").read_text()
    assert wgan("check", "wgan.yaml").code == 0
    two = study.replace("[0.1, 1.0]}", "[0.1, 1.0], family.critic_steps: [1, 3]}")
    (tmp_path / "wgan.yaml").write_text(two)
    answer = wgan("check", "wgan.yaml")
    assert answer.code == 2
    assert "AssertionError: too many (wgan.py:49); with " in answer.err
    assert "family.critic_steps: 3" in answer.err


def test_programs_that_a_search_may_suggest_are_tried(wgan, edit_code, tmp_path):
    """Before the first suggestion: every choice, and both ends of every range."""
    edit_code(
        "def phases(spec):", "def phases(spec):\n    assert spec.critic_steps < 3, 'too many'"
    )
    study, _ = (tmp_path / "wgan.yaml").read_text().split("replicates:")
    search = """
search:
  kind: random
  space: {family.penalty: {log: [0.1, 10]}, family.critic_steps: [1, 3]}
  trials: 4
  replicates: 2
confirm: {top: 1, replicates: 3}
"""
    (tmp_path / "wgan.yaml").write_text(study + search)
    answer = wgan("check", "wgan.yaml")
    assert answer.code == 2
    assert "AssertionError: too many (wgan.py:49); with " in answer.err
    assert "family.critic_steps: 3" in answer.err


def test_packs_of_one_run_are_tried_as_such(wgan, edit_code, tmp_path):
    """What cannot be stacked is no mistake where nothing is."""
    edit_code(
        "    distance = critic(real)",
        "    total = torch.zeros(())\n    total += slope.sum()\n    distance = critic(real)",
    )
    with (tmp_path / "wgan.yaml").open("a") as file:
        file.write("resources: {pack: 1}\n")
    assert wgan("check", "wgan.yaml").code == 0


@pytest.mark.parametrize(
    "norm", ["torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.spectral_norm"]
)
@pytest.mark.filterwarnings("ignore:`torch.nn.utils.spectral_norm` is deprecated")
def test_spectral_norm_works_in_packs(wgan, edit_code, norm):
    """Torch's own, as everybody writes it."""
    edit_code('"critic": nets.discriminator(dimension, **size)}', '"critic": normed(dimension)}')
    edit_code(
        "def sample(",
        f"""def normed(dimension):
    norm = {norm}
    first, last = torch.nn.Linear(dimension, 16), torch.nn.Linear(16, 1)
    return torch.nn.Sequential(norm(first), torch.nn.LeakyReLU(), norm(last))


def sample(""",
    )
    edit_code("slope = torch.func.grad(lambda x: critic(x).sum())", "slope = (lambda x: x)")
    answer = wgan("check", "wgan.yaml")
    assert answer.code == 0, answer.err


def test_runs_that_crash_are_told_with_what_was_raised_and_where(wgan, edit_code, monkeypatch):
    """The last words of the first traceback, and the line of the user's code."""
    edit_code(
        "def sample(networks, inputs):",
        "def sample(networks, inputs):\n    if 'bad' in globals():\n        raise ValueError('no')",
    )
    real = training.train_pack

    def train_pack(*given, **options):
        monkeypatch.setattr(sys.modules["wgan"], "bad", True, raising=False)
        return real(*given, **options)

    wgan("check", "wgan.yaml")
    monkeypatch.setattr("vistab.training.train_pack", train_pack)
    answer = wgan("study", "wgan.yaml", "--engine", "local", "--quiet")
    assert answer.code == 1
    assert "6 runs crashed: " in answer.err
    assert "The first with: ValueError: no (wgan.py:32)" in answer.err
