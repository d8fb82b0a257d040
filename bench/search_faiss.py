#!/usr/bin/python3
"""Exact search by faiss over the vectors that bench/Nearfar.Bench wrote: FOLDER DIMENSIONS THREADS K. Prints seconds as JSON."""
import ctypes, json, os, sys, time
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
t, c = time.perf_counter(), time.process_time()
found = index.search(queries, k)[1]
batch, batch_cpu = time.perf_counter() - t, time.process_time() - c
found.astype(np.int64).tofile(os.path.join(folder, "found.i64"))
faiss.omp_set_num_threads(1)
single, single_cpu = [], []
for i in range(12):
    t, c = time.perf_counter(), time.process_time()
    index.search(queries[i:i + 1], k)
    single.append(time.perf_counter() - t)
    single_cpu.append(time.process_time() - c)
libraries = {line.split()[-1] for line in open("/proc/self/maps") if "blas" in line.lower() or "mkl" in line.lower()}
blas = sorted({os.path.basename(library) for library in libraries})
core = ""
for library in libraries:
    try:
        name = ctypes.CDLL(library).openblas_get_corename
        name.restype = ctypes.c_char_p
        core = ", kernels of " + name().decode()
    except AttributeError:
        pass
print(json.dumps({"batch_s": batch, "single_s": float(np.median(single[2:])), "batch_cpu_s": batch_cpu, "single_cpu_s": float(np.median(single_cpu[2:])), "version": faiss.__version__, "blas": " ".join(os.path.realpath("/usr/lib/x86_64-linux-gnu/" + b).split("/")[-2] + "/" + b for b in blas) + core or "unknown"}))
