#!/bin/sh
# The default assistant, from the sets to the files that ship:
#     pip install vaderSentiment && sh docs/recipes/default/make.sh FOLDER_OF_THE_SETS OUT
# Each part goes on where the one before ended; a part that was interrupted is resumed. Some twelve CPU hours.
set -eu
[ $# = 2 ] || { echo "usage: $0 FOLDER_OF_THE_SETS OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
sets=$(cd "$1" && pwd)
mkdir -p "$2/sets"
out=$(cd "$2" && pwd)
for set in "$sets"/*; do ln -sfn "$set" "$out/sets/$(basename "$set")"; done
[ -e "$out/sets/weak/train.jsonl" ] || python "$here/weak_labels.py" "$sets" "$out/sets/weak"
[ -e "$out/sets/errands/mood/test.jsonl" ] || python "$here/errands.py" "$out/sets/errands"
[ -e "$out/sets/errands_plain/mood/test.jsonl" ] || python "$here/errands.py" "$out/sets/errands_plain" --plain
[ -e "$out/sets/errands_more/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_more" --more --dialogues 14000
[ -e "$out/sets/errands_slips/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_slips" --slips --dialogues 16000
[ -e "$out/sets/errands_mended/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_mended" --mended --dialogues 18000
[ -e "$out/sets/errands_asks/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_asks" --asked --dialogues 28000
[ -e "$out/sets/errands_talks/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_talks" --talked --dialogues 36000
[ -e "$out/sets/errands_kept/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_kept" --kept --dialogues 44000
[ -e "$out/sets/errands_lasting/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_lasting" --lasting --dialogues 44000
[ -e "$out/sets/errands_owned/dialogue/test.jsonl" ] ||
  python "$here/errands.py" "$out/sets/errands_owned" --owned --dialogues 44000
[ -e "$out/sets/moods/test.jsonl" ] || python "$here/errands.py" "$out/sets/moods" --moods
cd "$out"
cp "$here"/[1-9].toml "$here"/1[01234].toml .
cp "$here"/../../../chatkit/assets/recipe.toml 15.toml
for part in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  [ -e "$part/done" ] && continue
  # Some parts began at the int8 form of the one before, which alone was kept.
  case $part in
    5) [ -e 4q/assistant.toml ] || chatkit compress --int8 --model 4 --out 4q ;;
    11) [ -e 10q/assistant.toml ] || chatkit compress --int8 --model 10 --out 10q ;;
    13) [ -e 12q/assistant.toml ] || chatkit compress --int8 --model 12 --out 12q ;;
    15) [ -e 14q/assistant.toml ] || chatkit compress --int8 --model 14 --out 14q ;;
  esac
  resume=; [ -e "$part/run/checkpoint.safetensors" ] && resume=--resume
  chatkit train "$part.toml" --set "data.root=$out/sets" --out "$part" $resume
  touch "$part/done"
done
[ -e int8/assistant.toml ] || chatkit compress --int8 --model 15 --out int8
python "$here/../../dial/prepare.py" sets/chitchat sets/persona_synth sets/taskmaster4 sets/chatterbot \
  sets/errands_owned/dialogue --out replies --model 15
chatkit train "$here/../../dial/finished.toml" --set "init=$out/int8" --set "data.root=$out/replies" \
  --set heads.generation.options.lookback=64 --out default
python "$here/words.py" default --config 15.toml --set "data.root=$out/sets"
python "$here/bag.py" default --config 15.toml --set "data.root=$out/sets"
[ -e "$out/sets/errands_pairs/dialogue/train.jsonl" ] || python "$here/errands.py" "$out/sets/errands_pairs" --pairs
python "$here/precedents.py" default sets/errands_pairs/dialogue corpora:english/manners \
  --without sets/errands_pairs/without sets/taskmaster4 --translated sets/tatoeba_en_fr sets/tatoeba_en_de sets/tatoeba_en_es
python "$here/answerable.py" default sets/errands_owned/dialogue \
  --talk sets/chitchat sets/persona_synth sets/taskmaster4 sets/errands_pairs/dialogue
python "$here/matters.py" default
python "$here/intents.py" default
chatkit calibrate --model default --config 15.toml --set "data.root=$out/sets"
echo "figures: python $here/figures.py $sets --model $out/default --out $out/figures --runs $out/1 $out/2 $out/3 $out/4 $out/5 $out/6 $out/7 $out/8 $out/9 $out/10 $out/11 $out/12 $out/13 $out/14 $out/15"
