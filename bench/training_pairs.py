#!/usr/bin/python3
"""Writes the training pairs of a task of the peers (folder: NEARFAR_PEERS, data: NEARFAR_DATA) as JSONL: the very rows static_mnrl.py trains on.
usage: training_pairs.py medquad|banking77|... OUT.jsonl [test|valid]"""
import json, os, sys
sys.path.insert(0, os.environ["NEARFAR_PEERS"])
import tasks

pairs, _ = tasks.TASKS[sys.argv[1]](os.environ["NEARFAR_DATA"], sys.argv[3] if len(sys.argv) > 3 else "test")
with open(sys.argv[2], "w", encoding="utf-8") as f:
    for a, p in zip(pairs.anchors, pairs.positives):
        f.write(json.dumps({"query": pairs.texts[a], "positive": pairs.texts[p]}, ensure_ascii=False) + "\n")
