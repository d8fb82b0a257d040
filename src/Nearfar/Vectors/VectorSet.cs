namespace Nearfar.Vectors;

/// <summary>Vectors with their ids, all of one space. Immutable, thread-safe.</summary>
public sealed class VectorSet
{
    /// <param name="space">The space of all rows.</param>
    /// <param name="ids">Unique, one a row.</param>
    /// <param name="rows">[N, D], finite; a zero row means that the text had no known token.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    /// <exception cref="NearfarException">A value that is not finite; the message names the id.</exception>
    public VectorSet(EmbeddingSpace space, IReadOnlyList<string> ids, Rows<float> rows) : this(space, ids, rows, isChecked: true) { }

    // Not checked: rows of a mapped file, which are looked at when they are compared.
    internal VectorSet(EmbeddingSpace space, IReadOnlyList<string> ids, Rows<float> rows, bool isChecked)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count != rows.Count)
        {
            throw new ArgumentException($"{ids.Count} ids for {rows.Count} rows; wanted one id for each row.", nameof(ids));
        }

        for (int i = 0; isChecked && i < rows.Count; i++)
        {
            if (System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(rows[i]) is false)
            {
                throw new NearfarException($"The vector of \"{ids[i]}\" in space {space} holds NaN or infinity. Mend the encoder; such a vector is never compared.");
            }
        }

        Space = space;
        Ids = ids;
        Rows = rows;
    }

    /// <summary>The space of all rows.</summary>
    public EmbeddingSpace Space { get; }

    /// <summary>Ids by row.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>[N, D].</summary>
    public Rows<float> Rows { get; }

    /// <summary>Writes <c>NAME.safetensors</c> and the ids beside it as <c>NAME.ids.jsonl</c>, in float32.</summary>
    /// <param name="path">Ends with <c>.safetensors</c>.</param>
    /// <param name="model">Name of the model, for people.</param>
    public void Save(string path, string? model = null)
    {
        using var writer = new VectorFileWriter(path, Space, Rows.Count, Rows.Dimensions, new VectorFileOptions { Model = model });
        writer.Write(Ids, Rows);
        writer.Complete();
    }

    /// <summary>Reads a vector file of any type into memory, decoded.</summary>
    /// <param name="path">The <c>.safetensors</c> file.</param>
    /// <exception cref="NearfarException">Broken file, no space id, or ids that do not fit.</exception>
    public static VectorSet Load(string path)
    {
        using var file = VectorFile.Open(path);
        return file.ToSet();
    }
}
