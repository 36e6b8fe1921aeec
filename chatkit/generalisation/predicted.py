"""Accuracy without labels: four estimators, each with its own error on domains whose labels are known.

N = texts
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from chatkit.confidence.record import Domain, HeadConfidence

FEWEST_DOMAINS = 3
FEWEST_ABROAD = 2  # domains that the head was not trained on: one to be left out, one to tell the level
_FEWEST_CHECKED = 2
_ENOUGH = 400  # examples beyond which a domain counts no more


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What an estimator says.

    Args:
        method: Its name.
        accuracy: Predicted accuracy, 0 to 1.
        error: Its mean absolute error on labelled domains, each predicted without itself; on those only that the head
            was not trained on, where there are any. None where that is unknown.
        domains: Labelled domains behind that error.
    """

    method: str
    accuracy: float
    error: float | None
    domains: int


def predict_accuracy(
    fitted: HeadConfidence, confidence: Sequence[float], more: Sequence[Domain] = ()
) -> list[Prediction]:
    """Predict a head's accuracy on texts without labels, the estimator with the least error on domains left out first.

    Args:
        fitted: What was fitted for the head.
        confidence: Calibrated probability of the decided label of each text, (N,).
        more: Further labelled domains.
    Source: average thresholded confidence, Garg et al. 2022; difference of confidences, Guillory et al. 2021;
        regression over labelled domains, Elsahar & Gallé 2019 (here of accuracy on mean confidence).
    """
    mean, domains = float(np.mean(confidence)), [*fitted.domains, *more]
    home, sure = fitted.figures.get("accuracy"), fitted.figures.get("confidence")
    out = []
    if len(domains) >= FEWEST_DOMAINS:
        out.append(_checked("regression over domains", domains, lambda d, rest: regress(rest)(d.confidence), mean))
    abroad = sum(not d.trained for d in domains)
    if abroad >= FEWEST_ABROAD and len(domains) - abroad >= FEWEST_DOMAINS:
        name = "regression, abroad at a level of its own"
        out.append(_checked(name, domains, lambda d, rest: regress_abroad(rest)(d.confidence), mean))
    if home is not None and sure is not None:
        shift = home - sure
        out.append(_checked("difference of confidences", domains, lambda d, rest: d.confidence + shift, mean))
    if "atc" in fitted.figures:
        share = float(np.mean(np.asarray(confidence) > fitted.figures["atc"]))
        out.append(Prediction("average thresholded confidence", share, None, 0))
    return sorted(out, key=_mistrust)


def _mistrust(prediction: Prediction) -> float:
    """Its error on domains that were left out; those whose error is not known, or hangs on one domain, stay behind."""
    known = prediction.error is not None and prediction.domains >= _FEWEST_CHECKED
    return prediction.error if known and prediction.error is not None else math.inf


def regress(domains: Sequence[Domain]) -> Callable[[float], float]:
    """Accuracy as a line in mean confidence over labelled domains; their mean gap where a line cannot be drawn."""
    x, y = np.array([d.confidence for d in domains]), np.array([d.accuracy for d in domains])
    share = np.array([min(d.examples, _ENOUGH) for d in domains], dtype=np.float64)
    share /= share.sum()
    middle, level = float(share @ x), float(share @ y)
    spread = float(share @ (x - middle) ** 2)
    slope = float(share @ ((x - middle) * (y - level))) / spread if spread > 1e-4 and len(x) > 2 else 1.0
    return lambda confidence: float(np.clip(level + slope * (confidence - middle), 0.0, 1.0))


def regress_abroad(domains: Sequence[Domain]) -> Callable[[float], float]:
    """Accuracy abroad: the line of those at home, shifted by what those abroad are off it on the mean."""
    home, abroad = [d for d in domains if d.trained], [d for d in domains if not d.trained]
    line = regress(home)
    share = np.array([min(d.examples, _ENOUGH) for d in abroad], dtype=np.float64)
    level = float(share @ [d.accuracy - line(d.confidence) for d in abroad]) / float(share.sum())
    return lambda confidence: float(np.clip(line(confidence) + level, 0.0, 1.0))


def _checked(
    method: str, domains: Sequence[Domain], predict: Callable[[Domain, Sequence[Domain]], float], confidence: float
) -> Prediction:
    """The prediction, and the error of predicting each labelled domain from the others."""
    asked = Domain("target", 0, 0.0, confidence)
    value = float(np.clip(predict(asked, domains), 0.0, 1.0))
    if len(domains) < FEWEST_DOMAINS:
        return Prediction(method, value, None, len(domains))
    checked = [d for d in domains if not d.trained] or domains
    errors = [abs(predict(d, [other for other in domains if other is not d]) - d.accuracy) for d in checked]
    return Prediction(method, value, float(np.mean(errors)), len(checked))
