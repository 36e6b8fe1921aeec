"""Weighting methods, one published method a file; ``make_weighting`` makes one by the name it has in a config.

Importing this package imports no method: each is loaded when its name is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from chatkit.objectives.weighting.base import Weighting
from chatkit.objectives.weighting.registry import METHODS, available, make_weighting

if TYPE_CHECKING:
    from chatkit.objectives.weighting.aligned_mtl import AlignedMTL
    from chatkit.objectives.weighting.cagrad import CAGrad
    from chatkit.objectives.weighting.dynamic_weight_average import DynamicWeightAverage
    from chatkit.objectives.weighting.famo import FAMO
    from chatkit.objectives.weighting.geometric_loss import GeometricLoss
    from chatkit.objectives.weighting.grad_norm import GradNorm
    from chatkit.objectives.weighting.grad_vac import GradVac
    from chatkit.objectives.weighting.imtl_g import IMTLG
    from chatkit.objectives.weighting.lagrangian import Lagrangian
    from chatkit.objectives.weighting.mgda import MGDA
    from chatkit.objectives.weighting.pcgrad import PCGrad
    from chatkit.objectives.weighting.random_loss_weighting import RandomLossWeighting
    from chatkit.objectives.weighting.smooth_tchebycheff import SmoothTchebycheff
    from chatkit.objectives.weighting.static import Static
    from chatkit.objectives.weighting.uncertainty_weighting import UncertaintyWeighting
    from chatkit.objectives.weighting.upgrad import UPGrad

__all__ = [
    "FAMO",
    "IMTLG",
    "MGDA",
    "AlignedMTL",
    "CAGrad",
    "DynamicWeightAverage",
    "GeometricLoss",
    "GradNorm",
    "GradVac",
    "Lagrangian",
    "PCGrad",
    "RandomLossWeighting",
    "SmoothTchebycheff",
    "Static",
    "UPGrad",
    "UncertaintyWeighting",
    "Weighting",
    "available",
    "make_weighting",
]

_MODULES = {class_name: module for module, class_name in METHODS.items()}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
