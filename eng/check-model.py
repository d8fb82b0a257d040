#!/usr/bin/python3
"""Reads a model folder with a reader that shares no code with ours and compares vectors: largest difference, exit 1 above 1e-6.

  nearfar embed texts.txt --model MODEL --out vectors.safetensors
  NEARFAR_PEERS=FOLDER eng/check-model.py MODEL texts.txt vectors.safetensors

FOLDER holds common.py (load_static, embed, pack, read_safetensors). Needs Debian's python3-numpy and python3-scipy. The model has no
document prompt; lines that are blank are no texts, as for nearfar embed. That reader always takes marks off letters and does not count
unknown words for the cut: where the tokenizer keeps marks, texts with marks are left out, and so are texts that reach the cut.
"""
import json, os, sys, unicodedata

sys.path.insert(0, os.environ["NEARFAR_PEERS"])
import numpy as np
import common

model, texts, vectors = sys.argv[1:4]
rows, tokenizer = common.load_static(model)
folder = os.path.join(model, "0_StaticEmbedding")
with open(os.path.join(folder if os.path.isdir(folder) else model, "tokenizer.json"), encoding="utf-8") as f:
    settings = json.load(f)

cut = (settings.get("truncation") or {}).get("max_length", 512)
normalizer = settings.get("normalizer") or {}
keeps_marks = not (normalizer.get("strip_accents") if normalizer.get("strip_accents") is not None else normalizer.get("lowercase"))


def same_reading(text):
    marks = any(unicodedata.category(c) == "Mn" for c in unicodedata.normalize("NFD", text))
    return not (marks and keeps_marks) and len(tokenizer.encode(text)) < cut // 2


with open(texts, encoding="utf-8") as f:
    lines = [line for line in (line.rstrip("\n") for line in f) if line.strip()]
wanted = common.embed(rows, common.pack([tokenizer.encode(line, cut) for line in lines]))
found = common.read_safetensors(vectors)["vectors"]
assert found.shape == wanted.shape, (found.shape, wanted.shape)
kept = [i for i, line in enumerate(lines) if same_reading(line)]
lines, found, wanted = [lines[i] for i in kept], found[kept], wanted[kept]
worst = np.abs(found - wanted).max(axis=1)
print(f"{len(lines)} texts, {found.shape[1]} dimensions, largest difference {worst.max():.2e}, zero rows {int((~found.any(axis=1)).sum())} (there {int((~wanted.any(axis=1)).sum())})")
for i in np.argsort(-worst)[:3]:
    if worst[i] > 1e-6:
        print(f"  {worst[i]:.2e}  {lines[i]!r}")
sys.exit(int(worst.max() > 1e-6))
