#!/usr/bin/python3
"""Exact search by faiss over the vectors that bench/Nearfar.Bench wrote: FOLDER DIMENSIONS THREADS K. Prints seconds as JSON."""
import json, os, sys, time
import numpy as np
import faiss

folder, d, threads, k = sys.argv[1], *map(int, sys.argv[2:5])
rows = np.fromfile(os.path.join(folder, "rows.f32"), np.float32).reshape(-1, d)
queries = np.fromfile(os.path.join(folder, "queries.f32"), np.float32).reshape(-1, d)
index = faiss.IndexFlatIP(d)
index.add(rows)
del rows
faiss.omp_set_num_threads(threads)
index.search(queries[:64], k)
t = time.perf_counter()
found = index.search(queries, k)[1]
batch = time.perf_counter() - t
found.astype(np.int64).tofile(os.path.join(folder, "found.i64"))
faiss.omp_set_num_threads(1)
single = []
for i in range(12):
    t = time.perf_counter()
    index.search(queries[i:i + 1], k)
    single.append(time.perf_counter() - t)
blas = sorted({os.path.basename(line.split()[-1]) for line in open("/proc/self/maps") if "blas" in line.lower() or "mkl" in line.lower()})
print(json.dumps({"batch_s": batch, "single_s": float(np.median(single[2:])), "version": faiss.__version__, "blas": " ".join(os.path.realpath("/usr/lib/x86_64-linux-gnu/" + b).split("/")[-2] + "/" + b for b in blas) or "unknown"}))
