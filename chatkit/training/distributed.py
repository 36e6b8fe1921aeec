"""Several processes that train as one: each takes its share of every batch, gradients are summed.

The batch of the config stays what it is: every process draws the same batches in the same order, and computes its own
rows of each. So a step is that of one process, whatever the number of processes, and a run can be resumed with another
number of them. Start it with ``torchrun`` (see docs/distributed.md).

W = processes, B = batch, T = tokens, D = width, L = layers
"""

from __future__ import annotations

import contextlib
import datetime
import importlib
import os
from collections.abc import Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from chatkit.data.batching import Batch, Padded
from chatkit.errors import ChatkitError, ConfigError
from chatkit.head.encoded import Encoded

_TWO_BYTES = (torch.int16, torch.uint16)
_PATIENCE = datetime.timedelta(hours=6)  # the first process evaluates while the others wait


class DistributedError(ChatkitError):
    """Another process of the job ended or cannot be reached."""


class Group:
    """The processes of a job; alone (the default) every method is the identity.

    Args:
        rank: Number of this process, from 0.
        size: Number of processes W.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self.reduced_bytes = 0  # of all tensors that were summed so far

    @classmethod
    def join(cls, device: torch.device) -> Group:
        """The group that ``torchrun`` describes in the environment, else this process alone."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size <= 1 or "RANK" not in os.environ:
            return cls()
        cuda = device.type == "cuda"
        if cuda:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        # When first imported (the optimiser does so) its functions bind the group there is as a default. Its threads
        # would then outlive `leave`, and one that still holds a tensor while Python ends aborts the process.
        importlib.import_module("torch.distributed.nn.functional")
        with _peers():
            dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=_PATIENCE)
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def first(self) -> bool:
        """Whether this process writes files, evaluates and speaks."""
        return self.rank == 0

    def rows(self, batch: int) -> Tensor:
        """Which rows of a batch are this process's own: every W-th, so that long texts are shared out."""
        return torch.arange(self.rank, batch, self.size)

    def check_batch(self, name: str, batch: int) -> None:
        """Refuse a batch that has no row for some process.

        Raises:
            ConfigError: Then.
        """
        if batch < self.size:
            raise ConfigError(
                f"heads.{name}.batch is {batch} (or it has no more records), but {self.size} processes share it",
                hint="raise it, or start fewer processes",
            )

    def share(self, batch: Batch) -> Batch:
        """This process's rows of a batch; the padding stays."""
        if self.size == 1:
            return batch
        own = self.rows(len(next(iter(batch.fields.values())).ids)).numpy()
        fields = {
            name: Padded(padded.ids[own], padded.lengths[own], padded.next_ids[own], padded.fresh[own])
            for name, padded in batch.fields.items()
        }
        return Batch([batch.records[i] for i in own], fields)

    def sum(self, tensor: Tensor) -> Tensor:
        """Sum over all processes, in place; the same bits everywhere."""
        if self.size > 1:
            self.reduced_bytes += tensor.numel() * tensor.element_size()
            with _peers():
                dist.all_reduce(tensor)
        return tensor

    def sum_numbers(self, *numbers: float) -> list[float]:
        """Sums of plain numbers over all processes."""
        if self.size == 1:
            return list(numbers)
        return self.sum(torch.tensor(numbers, dtype=torch.float64)).tolist()

    def any(self, flag: bool) -> bool:
        """Whether it is true anywhere."""
        return self.sum_numbers(float(flag))[0] > 0

    def of_first(self, number: float) -> float:
        """The number of the first process."""
        return self.sum_numbers(number if self.first else 0.0)[0]

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Sum ``.grad`` over all processes; one that is None here counts as 0, one that is None everywhere stays so."""
        if self.size == 1 or not parameters:
            return
        reached = self.sum(torch.tensor([float(p.grad is not None) for p in parameters])).tolist()
        touched = [p for p, n in zip(parameters, reached, strict=True) if n]
        if not touched:
            return
        flat = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in touched])
        for parameter, part in zip(touched, self.sum(flat).split([p.numel() for p in touched]), strict=True):
            parameter.grad = part.view_as(parameter)

    def same_weights(self, modules: nn.Module) -> None:
        """Take all weights from the first process."""
        if self.size > 1:
            with torch.no_grad(), _peers():
                for tensor in modules.state_dict().values():
                    # gloo takes no integers of two bytes
                    dist.broadcast(tensor.view(torch.uint8) if tensor.dtype in _TWO_BYTES else tensor, 0)

    def gather_rows(self, tensor: Tensor, batch: int, dim: int) -> Tensor:
        """From this process's rows along ``dim`` to those of all, without gradient."""
        if self.size == 1:
            return tensor
        shape = list(tensor.shape)
        shape[dim] = batch
        return self.sum(tensor.new_zeros(shape).index_copy_(dim, self.rows(batch).to(tensor.device), tensor.detach()))

    def take_rows(self, tensor: Tensor, dim: int) -> Tensor:
        """This process's rows along ``dim``."""
        if self.size == 1:
            return tensor
        return tensor.index_select(dim, self.rows(tensor.shape[dim]).to(tensor.device)).contiguous()

    def whole(self, own: Encoded, padded: Padded) -> Encoded:
        """The whole batch, for a head whose examples see each other, from this process's rows of it.

        Every process computes the head's whole loss and divides it by W; the gradient of its own hidden states is
        multiplied by W, and those of other processes get none. So the sum over processes is the gradient of one.
        """
        ids, device = torch.from_numpy(padded.ids), own.states.device
        states = self.gather_rows(own.states, len(ids), 0)
        mine = own.states.detach() + self.size * (own.states - own.states.detach())
        states = states.index_copy(0, self.rows(len(ids)).to(device), mine)
        lengths, following = torch.from_numpy(padded.lengths), torch.from_numpy(padded.next_ids)
        return Encoded(ids.to(device), lengths.to(device), states, following.to(device))

    def wait(self) -> None:
        """Until all processes are here."""
        self.sum_numbers(0.0)

    def leave(self) -> None:
        """End the group, and its threads."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()


@contextlib.contextmanager
def _peers() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise DistributedError(
            f"another process of the job ended or cannot be reached: {reason}",
            hint="start the job again with --resume: it goes on from the last checkpoint",
        ) from None
