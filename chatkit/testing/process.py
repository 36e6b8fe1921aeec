"""What belongs to the whole process and a head must leave alone; noted before a check, put back after it."""

from __future__ import annotations

import os
import pickle
import random
import sys
from typing import Any

import numpy as np
import torch


def process_state() -> dict[str, Any]:
    """Settings that are shared by everything in this process."""
    return {
        "the number of threads": torch.get_num_threads(),
        "the default dtype": torch.get_default_dtype(),
        "the gradient mode": torch.is_grad_enabled(),
        "the environment": dict(os.environ),
        "the working folder": os.getcwd(),
        "sys.path": list(sys.path),
    }


def restore_process(before: dict[str, Any]) -> None:
    """Put the settings of ``process_state`` back."""
    torch.set_num_threads(before["the number of threads"])
    torch.set_default_dtype(before["the default dtype"])
    torch.set_grad_enabled(before["the gradient mode"])
    for name in set(os.environ) - set(before["the environment"]):
        del os.environ[name]
    os.environ.update(before["the environment"])
    os.chdir(before["the working folder"])
    sys.path[:] = before["sys.path"]


def changed(before: dict[str, Any]) -> str:
    """Name of the first setting that is not as it was; "" if all are."""
    return next((what for what, value in process_state().items() if value != before[what]), "")


def random_state() -> dict[str, Any]:
    """State of every global generator."""
    return {"torch": torch.get_rng_state(), "random": random.getstate(), "numpy": np.random.get_state(legacy=True)}


def stir() -> None:
    """Draw from every global generator, so that seeding one with the number it had before shows."""
    torch.rand(())
    random.random()
    np.random.random()


def restore_random(state: dict[str, Any]) -> None:
    """Put the generators of ``random_state`` back."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["random"])
    np.random.set_state(state["numpy"])


def drawn(before: dict[str, Any]) -> str:
    """Name of the first global generator that was drawn from; "" if none was."""
    return next((name for name, state in random_state().items() if _bytes(state) != _bytes(before[name])), "")


def _bytes(state: Any) -> bytes:
    return pickle.dumps(state.tolist() if isinstance(state, torch.Tensor) else state)
