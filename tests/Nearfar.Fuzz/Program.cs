using Nearfar;
using Nearfar.Vectors;
using SharpFuzz;

// Reads vector files that AFL++ makes, guided by which code each reaches. eng/fuzz-vectors.sh --afl builds, instruments and runs it.
//   Nearfar.Fuzz --seeds FOLDER IDS     writes a good file of each type, and the ids beside them
//   Nearfar.Fuzz --read FILE IDS        reads one file, for what AFL++ found
//   Nearfar.Fuzz IDS                    is run by afl-fuzz
// Instrumented code may run inside Fuzzer.Run alone: elsewhere its map of places is not there.
string folder = Directory.CreateTempSubdirectory("nearfar-fuzz-").FullName;
string path = Path.Combine(folder, "f.safetensors");
string besides = Path.Combine(folder, "f.ids.jsonl");
try
{
    switch (args)
    {
        case ["--seeds", var into, var ids]:
            foreach (var type in Enum.GetValues<VectorType>())
            {
                Write(path, type);
                File.Copy(path, Path.Combine(into, type + ".safetensors"), overwrite: true);
            }

            File.Copy(besides, ids, overwrite: true);
            return 0;
        case ["--read", var file, var ids]:
            File.Copy(file, path);
            File.Copy(ids, besides);
            Read(path);
            return 0;
        case [var ids]:
            File.Copy(ids, besides);
            Fuzzer.OutOfProcess.Run(stream =>
            {
                using (var file = File.Create(path))
                {
                    stream.CopyTo(file);
                }

                Read(path);
            });
            return 0;
        default:
            Console.Error.WriteLine("wanted: --seeds FOLDER IDS, --read FILE IDS, or IDS under afl-fuzz; see eng/fuzz-vectors.sh");
            return 1;
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

// Whatever is left must be read, with finite values, or be refused with a reason.
static void Read(string path)
{
    try
    {
        using var file = VectorFile.Open(path);
        float[] row = new float[file.Dimensions];
        for (int i = 0; i < Math.Min(file.Count, 1000); i++)
        {
            file.Read(i, row);
            if (row.Any(v => !float.IsFinite(v)))
            {
                throw new InvalidOperationException($"Row {i} came through as {string.Join(' ', row)}.");
            }
        }
    }
    catch (NearfarException)
    {
    }
}

static void Write(string path, VectorType type)
{
    const int D = 5;
    float[] values = [.. Enumerable.Range(0, 3 * D).Select(i => (float)Math.Sin(i + 1))];
    var rows = new Rows<float>(values, 3, D, D);
    var options = new VectorFileOptions { Type = type, Ranges = type == VectorType.Int8 ? Int8Ranges.Of(rows) : null };
    using var writer = new VectorFileWriter(path, new EmbeddingSpace("nf1-fuzz"), 3, D, options);
    writer.Write(["a", "b", "c"], rows);
    writer.Complete();
}
