"""Low-rank adapters, one set an objective, around the weights of a backbone: one model for a whole front.

    W(c) = W + scale * sum_k c_k B_k A_k        b(c) = b + sum_k c_k d_k

The coefficients c sum to 0: they are what the user prefers less what is preferred at home. So the backbone's own
weights are the home of the dial, what works without a dial is the home, and a folder without adapters is whole. Home is
the middle, equal shares, where the backbone is trained with the adapters; where they are trained on a backbone that
stays as it is, home is all on the objective that it was made for.

O x I = shape of a matrix, K = objectives, r = rank

Source: PaLoRA, Dimitriadis, Frossard & Fleuret 2024; LoRA, Hu et al. 2022. Departs from them in the coefficients, which
are centred there nowhere, and in that biases are moved as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from chatkit.nn.vocabulary import Backbone

_JOIN = "--"  # parameter names may hold no dot


class Adapters(nn.Module):
    """Adapters of a backbone: all matrices but the tables of the vocabulary, and all vectors.

    Args:
        backbone: Gives the shapes; it is not kept.
        count: Objectives K.
        rank: Rank r of each adapter.
        alpha: The products are scaled by alpha / rank.
    """

    def __init__(self, backbone: Backbone, count: int, rank: int, alpha: float = 1.0) -> None:
        super().__init__()
        self.count, self.rank, self.alpha = count, rank, alpha
        self.down, self.up, self.shift = nn.ParameterDict(), nn.ParameterDict(), nn.ParameterDict()
        for name, parameter in _adapted(backbone):
            key, like = name.replace(".", _JOIN), parameter.detach()
            if parameter.ndim == 1:
                self.shift[key] = nn.Parameter(like.new_zeros(count, len(parameter)))
                continue
            rows, columns = parameter.shape
            down = like.new_empty(count, rank, columns)
            for one in down:
                nn.init.kaiming_uniform_(one, a=math.sqrt(5))
            self.down[key] = nn.Parameter(down)
            self.up[key] = nn.Parameter(like.new_zeros(count, rows, rank))

    @property
    def names(self) -> list[str]:
        """Names of the backbone's parameters that are adapted."""
        return [key.replace(_JOIN, ".") for key in (*self.up, *self.shift)]

    @torch.no_grad()
    def merge(self, backbone: Backbone, base: Mapping[str, Tensor], coefficients: Tensor) -> None:
        """Make the weights of a backbone those of some coefficients, in place.

        Args:
            backbone: Its adapted parameters are overwritten.
            base: Their values at home, from ``copy_base``.
            coefficients: (K,), which sum to 0.
        """
        parameters = dict(backbone.named_parameters())
        for key, up in self.up.items():
            parameter, down = parameters[key.replace(_JOIN, ".")], self.down[key]
            wide = (up * coefficients[:, None, None]).permute(1, 0, 2).reshape(len(parameter), -1)  # (O, K r)
            home = base[key.replace(_JOIN, ".")]
            flat = down.reshape(-1, down.shape[-1])  # (K r, I)
            torch.addmm(home, wide, flat, alpha=self.alpha / self.rank, out=parameter.data)
        for key, shift in self.shift.items():
            name = key.replace(_JOIN, ".")
            torch.addmv(base[name], shift.T, coefficients, out=parameters[name].data)

    @torch.no_grad()
    def pull_back(self, backbone: Backbone, coefficients: Tensor) -> None:
        """From the gradient of merged weights to that of the adapters, by the chain rule.

        With G the gradient of W(c): dB_k = c_k scale G A_k^T and dA_k = c_k scale B_k^T G; that of W is G itself. So a
        training step runs on plain weights, whatever encoder they are of, and costs two thin products more.

        Args:
            backbone: Holds the gradients.
            coefficients: Those that its weights were merged with, (K,).
        """
        parameters = dict(backbone.named_parameters())
        factor = coefficients[:, None, None] * (self.alpha / self.rank)
        for key, up in self.up.items():
            gradient, down = parameters[key.replace(_JOIN, ".")].grad, self.down[key]
            if gradient is None:
                up.grad = down.grad = None
                continue
            up.grad = (gradient @ down.transpose(1, 2)) * factor  # (K, O, r)
            down.grad = (up.transpose(1, 2) @ gradient) * factor  # (K, r, I)
        for key, shift in self.shift.items():
            gradient = parameters[key.replace(_JOIN, ".")].grad
            shift.grad = None if gradient is None else coefficients[:, None] * gradient


def copy_base(backbone: Backbone) -> dict[str, Tensor]:
    """A copy of the parameters that adapters move."""
    return {name: parameter.detach().clone() for name, parameter in _adapted(backbone)}


@torch.no_grad()
def put_back(backbone: Backbone, base: Mapping[str, Tensor]) -> None:
    """Give a backbone the weights of its home again, bit for bit."""
    for name, parameter in _adapted(backbone):
        parameter.copy_(base[name])


def train_only(adapters: Adapters, backbone: Backbone, modules: nn.Module) -> None:
    """Ask for the gradients that adapters are trained by, and for no other.

    Args:
        adapters: They are trained.
        backbone: Gradients of what the adapters move are wanted, for ``pull_back``.
        modules: All that is there.
    """
    modules.requires_grad_(False)
    for parameter in (*adapters.parameters(), *(parameter for _, parameter in _adapted(backbone))):
        parameter.requires_grad_(True)


def coefficients_of(preference: Mapping[str, float], home: Mapping[str, float]) -> Tensor:
    """Coefficients (K,) of a preference: its shares less those of the home, in the order of the home."""
    return torch.tensor([preference[name] - share for name, share in home.items()])


def _adapted(backbone: Backbone) -> list[tuple[str, nn.Parameter]]:
    vocab_size = len(backbone.softmax.bias)
    is_table: Callable[[nn.Parameter], bool] = lambda p: p.ndim == 2 and len(p) == vocab_size  # noqa: E731
    return [(name, p) for name, p in backbone.named_parameters() if p.ndim in (1, 2) and not is_table(p)]
