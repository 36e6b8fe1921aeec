"""Translation: an LSTM decoder with attention over the shared encoder's states; the shared vocabulary on both sides.

The target language is asked for by a special piece: it opens the source (view ``to:LANGUAGE``) and starts the target.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.plugin_api import Answer, Ask, Encoded, Fields, Head, Info, Loss, Metric, Piece, Record, Text, Vocabulary
from chatkit_translation.beam import BeamSearch, Hypothesis
from chatkit_translation.chrf import chrf, chrf_sums
from chatkit_translation.decoder import AttentionDecoder

DEFAULT_LANGUAGE = "fr"
_SENTENCE = re.compile(r"((?<=[.!?…])\s+|\s*\n\s*)")  # trained on sentences, it is given sentences
_PREFIX = re.compile(r"\s*(?:to\s+)?([a-z]{2}):\s+")  # "de: Good morning"


class Translation(Head):
    """Attention decoder with beam search. B = batch, L = target pieces, V = vocabulary."""

    name = "translation"
    fields = ("src",)
    view = f"to:{DEFAULT_LANGUAGE}"
    reader = "translation"
    label_field = "lang"
    on_request = True
    waive = MappingProxyType({"latency": "its time grows with the translation; the stream shows it as it comes"})
    kit_options = MappingProxyType({"hidden": 64, "reread": 20, "most_pieces": 32})  # the same code, quicker
    examples = (
        {"src": "Good morning.", "tgt": "Bonjour.", "lang": "fr"},
        {"src": "Good morning.", "tgt": "Guten Morgen.", "lang": "de"},
        {"src": "Where is the station?", "tgt": "Où est la gare ?", "lang": "fr"},
        {"src": "Where is the station?", "tgt": "¿Dónde está la estación?", "lang": "es"},
    )

    banned: Tensor

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Make the layers.

        Args:
            info: Width of the encoder; its labels are the target languages.
            vocabulary: Both sides are spelt in it; its softmax predicts the target.
            **options: ``hidden`` (width of the decoder, 512), ``reread`` (width of the right-to-left reading of the
                source, 256; 0 is none), ``input_feeding`` (false), ``dropout`` (0.2); ``beams`` (4), ``alpha`` (length
                penalty, 0.8), ``most_pieces`` (of a translation, 128); ``sample`` (in measuring, one source in so many
                is decoded for chrF, chosen by its hash: 1).
        Raises:
            ValueError: If an option is unknown or out of range.
        """
        known = {"hidden", "reread", "input_feeding", "dropout", "beams", "alpha", "most_pieces", "sample"}
        if not set(options) <= known:
            raise ValueError(f"no option {', '.join(sorted(set(options) - known))}; known: {', '.join(sorted(known))}")
        self.vocabulary = vocabulary
        self.languages = info.labels
        self.beams, self.alpha = int(options.get("beams", 4)), float(options.get("alpha", 0.8))
        self.most_pieces, self.sample = int(options.get("most_pieces", 128)), int(options.get("sample", 1))
        if min(self.beams, self.most_pieces, self.sample) < 1:
            raise ValueError("beams, most_pieces and sample must be at least 1")
        self.decoder = AttentionDecoder(
            info.width,
            vocabulary.width,
            hidden=int(options.get("hidden", 512)),
            reread=int(options.get("reread", 256)),
            input_feeding=bool(options.get("input_feeding", False)),
            dropout=float(options.get("dropout", 0.2)),
            autocast=vocabulary.autocast,
        )
        # The frequencies of pieces in the target languages are not those of the conversations.
        self.bias = nn.Parameter(torch.zeros(len(vocabulary)))
        banned = torch.zeros(len(vocabulary))
        banned[vocabulary.specials] = float("-inf")
        banned[vocabulary.end] = 0.0
        self.register_buffer("banned", banned, persistent=False)

    def view_of(self, field: str, record: Record) -> str:
        """The source with the piece of the record's target language in front."""
        return f"to:{record.get('lang', DEFAULT_LANGUAGE)}"

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        """Cross-entropy of each target piece given those before it, nats per piece (the end counts as one)."""
        source = encoded["src"]
        memory, state = self.decoder.remember(source)
        inputs, targets = (ids.to(source.states.device) for ids in self._targets(examples))
        hidden, _ = self.decoder(self.vocabulary.embed(inputs), state, memory)
        known = targets >= 0
        return Loss(self.vocabulary.cross_entropy(hidden[known], targets[known], self.bias), int(known.sum()))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        """The translation of each source."""
        languages = [str(example.get("lang", DEFAULT_LANGUAGE)) for example in examples]
        return [Answer(Text(self._text(found.ids))) for found in self.translate(encoded["src"], languages)]

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Summed nats and pieces, and the n-grams of what the beam search makes of a sample of the sources."""
        loss = self.loss(encoded, examples)
        sums = {"nats": float(loss.total), "count": float(loss.count)}
        drawn = [i for i, e in enumerate(examples) if zlib.crc32(str(e["src"]).encode()) % self.sample == 0]
        if drawn:
            source = _rows(encoded["src"], torch.tensor(drawn))
            languages = [str(examples[i].get("lang", DEFAULT_LANGUAGE)) for i in drawn]
            for i, found in zip(drawn, self.translate(source, languages), strict=True):
                for key, value in chrf_sums(self._text(found.ids), str(examples[i]["tgt"])).items():
                    sums[key] = sums.get(key, 0.0) + value
        return sums

    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        """Loss per target piece, and chrF where sources were decoded."""
        out = {"loss": Metric(sums["nats"] / max(sums["count"], 1.0), "lower")}
        return {**out, "chrf": Metric(chrf(sums), "higher")} if "hyp_1" in sums else out

    def translate(self, source: Encoded, languages: Sequence[str], beams: int | None = None) -> list[Hypothesis]:
        """Best hypothesis of each source.

        Args:
            source: The sources, each in the view of its language.
            languages: Target language of each.
            beams: Width of the search; that of the options by default, 1 is greedy.
        """
        search = self._search(source, languages, beams or self.beams)
        while not search.done:
            search.advance()
        return [search.best(i) for i in range(len(languages))]

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        """Translate the message sentence by sentence, into the language that the user asked for.

        That is the option ``language``, or a beginning like ``de:``; else French if it was learned, else the first
        language that was. What all hypotheses of the beam begin with is shown at once.
        """
        language, text = self._asked(ask)
        if language not in self.languages:
            yield Answer(f"I have learned to translate into {', '.join(self.languages)}, not into {language}.")
            return
        shown = whole = ""
        for i, part in enumerate(_SENTENCE.split(text)):
            if ask.cancelled:
                break
            if i % 2 or not part.strip():  # what stands between sentences stays
                whole, shown = whole + part, shown + part
                yield Piece(part)
                continue
            search = self._search(ask.encode(part, f"to:{language}"), [language], self.beams)
            said = ""
            while not search.done and not ask.cancelled:
                search.advance()
                text_so_far = self._text(search.agreed(0))
                if text_so_far.startswith(said) and text_so_far != said:
                    yield Piece(text_so_far[len(said) :])
                    said = text_so_far
            final = said if ask.cancelled and not search.done else self._text(search.best(0).ids)
            if final.startswith(said) and final != said:
                yield Piece(final[len(said) :])
                said = final
            whole, shown = whole + final, shown + said
        if whole != shown:
            yield Answer(Text(whole))

    def _asked(self, ask: Ask) -> tuple[str, str]:
        default = DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in self.languages else self.languages[0]
        prefix = _PREFIX.match(ask.text)
        if prefix and prefix[1] in self.languages:
            return prefix[1], ask.text[prefix.end() :]
        return str(ask.options.get("language", default)), ask.text

    def _search(self, source: Encoded, languages: Sequence[str], beams: int) -> BeamSearch:
        every = torch.arange(len(languages)).repeat_interleave(beams).to(source.states.device)
        memory, state = self.decoder.remember(source)
        state = state.rows(every)
        first = True

        def step(ids: Tensor) -> Tensor:
            nonlocal state, first
            ids = ids.to(source.states.device)
            hidden, state = self.decoder.step(self.vocabulary.embed(ids), state, memory)
            logs = self.vocabulary.logits(hidden, self.bias).float().log_softmax(-1) + self.banned
            if first:  # an empty translation is none
                logs[:, self.vocabulary.end] = float("-inf")
                first = False
            return logs

        def choose(rows: Tensor) -> None:
            nonlocal state, memory
            rows = rows.to(source.states.device)
            state = state.rows(rows)
            if len(rows) < beams * len(memory.keys):  # some sentences are done
                memory = memory.rows(rows[::beams] // beams)

        limits = [min(self.most_pieces, 3 * int(length) + 16) for length in source.lengths]
        start = torch.tensor([self.vocabulary.language(language) for language in languages])
        return BeamSearch(step, choose, start, limits, end=self.vocabulary.end, beams=beams, alpha=self.alpha)

    def _targets(self, examples: Sequence[Record]) -> tuple[Tensor, Tensor]:
        """Pieces before each target, and the targets: (B, L) each, the latter -1 where there is none."""
        rows = [self.vocabulary.encode(str(e["tgt"]))[: self.most_pieces] for e in examples]
        inputs = torch.zeros(len(rows), 1 + max(map(len, rows)), dtype=torch.long)
        targets = torch.full_like(inputs, -1)
        for i, (example, ids) in enumerate(zip(examples, rows, strict=True)):
            first = self.vocabulary.language(str(example.get("lang", DEFAULT_LANGUAGE)))
            inputs[i, : len(ids) + 1] = torch.tensor([first, *ids])
            targets[i, : len(ids) + 1] = torch.tensor([*ids, self.vocabulary.end])
        return inputs, targets

    def _text(self, ids: Sequence[int]) -> str:
        return self.vocabulary.decode(ids).rstrip("\ufffd")  # cut within a character that is spelt in bytes


def _rows(source: Encoded, index: Tensor) -> Encoded:
    """Some rows of a batch, without the padding that only the others needed."""
    index = index.to(source.ids.device)
    lengths = source.lengths[index]
    longest = int(lengths.max())
    parts = [tensor[index, :longest] for tensor in (source.ids, source.states, source.next_ids)]
    return Encoded(parts[0], lengths, parts[1], parts[2])
