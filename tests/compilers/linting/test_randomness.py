"""unseeded-random and entropy."""

from __future__ import annotations

import pytest

UNSEEDED = {
    "a function of random": ("return random.random()", "import random"),
    "under another name": ("return [s(x) for x in [[1]]]", "from random import shuffle as s"),
    "imported inside": ("import random as r\nreturn r.choice([1, 2])", ""),
    "taken from a module inside": ("from numpy.random import rand\nreturn rand(3)", ""),
    "of numpy": ("return np.random.normal(size=3)", "import numpy as np"),
    "a generator of numpy": ("return np.random.default_rng().random()", "import numpy as np"),
    "a generator with None": ("return np.random.default_rng(None).random()", "import numpy as np"),
    "a generator by keyword": ("return np.random.RandomState(seed=None)", "import numpy as np"),
    "a Random of one's own": ("return random.Random().random()", "import random"),
    "in a lambda": ("return sorted([1], key=lambda x: random.random())", "import random"),
    "seeded with nothing": ("random.seed()\nreturn random.random()", "import random"),
    "seeded elsewhere only": ("np.random.seed(1)\nreturn random.random()", "import numpy as np, random"),
    "seeded at import": ("return random.random()", "import random\nrandom.seed(1)"),
    "in a nested function": ("def inner(): return random.random()\nreturn inner()", "import random"),
    "kept in a global": ("return draw()", "import random\ndraw = random.random"),
}
SEEDED = {
    "a function called random": ("return random()", "def random(): return 4"),
    "a local called random": ("random = Path\nreturn random('x')", "import random as other"),
    "a parameter called random": ("return random.random()", "import random as other", "random: Any = None"),
    "a class called random": ("return random.choice([1])", "class random:\n    choice = staticmethod(max)"),
    "a seeded generator": ("return np.random.default_rng(3).random()", "import numpy as np"),
    "seeded by a parameter": ("return np.random.default_rng(seed).random()", "import numpy as np", "seed: int = 0"),
    "seeded in the step": ("random.seed(1)\nreturn random.random()", "import random"),
    "seeded by a helper": ("fix()\nreturn np.random.rand()", "import numpy as np\ndef fix(): np.random.seed(3)"),
    "a generator that is passed": ("return rng.random()", "", "rng: Any = None"),
    "arguments from elsewhere": (
        "return np.random.default_rng(*given)",
        "import numpy as np",
        "given: list[int] = [1]",
    ),
    "not called": ("return [random.random]", "import random"),
    "a method of the same name": ("return Deck().shuffle()", "class Deck:\n    def shuffle(self): return 1"),
}


@pytest.mark.parametrize("name", UNSEEDED)
def test_randomness_without_a_seed_is_found(rules, name):
    assert rules(*UNSEEDED[name]) == ["unseeded-random"]


@pytest.mark.parametrize("name", SEEDED)
def test_what_is_seeded_or_not_random_is_not_found(rules, name):
    assert rules(*SEEDED[name]) == []


@pytest.mark.parametrize(
    ("line", "top"),
    [
        ("return str(uuid.uuid4())", "import uuid"),
        ("return os.urandom(4)", "import os"),
        ("return token()", "from secrets import token_hex as token"),
        ("return random.SystemRandom()", "import random"),
    ],
)
def test_what_never_comes_again_is_found(rules, line, top):
    assert rules(line, top) == ["entropy"]


@pytest.mark.parametrize(
    ("line", "top"),
    [
        ("return uuid.uuid5(uuid.NAMESPACE_DNS, 'x')", "import uuid"),
        ("print(uuid.uuid4())\nreturn 1", "import uuid"),
        ("return uuid4()", "def uuid4(): return 4"),
        ("return secrets()", "def secrets(): return 1"),
    ],
)
def test_what_comes_again_or_is_only_printed_is_not_found(rules, line, top):
    assert rules(line, top) == []


TORCH = """
def manual_seed(seed): ...
def rand(*shape): ...
class Generator: ...
"""


@pytest.fixture
def torch(tmp_path, monkeypatch):
    """A library of that name, installed."""
    site = tmp_path / "site-packages"
    info = site / "torch-2.0.dist-info"
    info.mkdir(parents=True)
    (site / "torch.py").write_text(TORCH)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 2.0\n")
    (info / "RECORD").write_text("torch.py,,\ntorch-2.0.dist-info/METADATA,,\ntorch-2.0.dist-info/RECORD,,\n")
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("return torch.rand(3)", ["unseeded-random"]),
        ("torch.manual_seed(1)\nreturn torch.rand(3)", []),
        ("return torch.rand(3, generator=torch.Generator())", []),
    ],
)
def test_torch_is_seeded_by_manual_seed(torch, rules, line, found):
    assert rules(line, "import torch") == found
