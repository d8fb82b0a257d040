namespace Nearfar.Training;

/// <summary>What the loop trains on: all rows in memory, or a file part by part.</summary>
internal interface IBatchSource
{
    /// <summary>Pairs in all, those that are left out too.</summary>
    long Pairs { get; }

    /// <summary>Rows in all.</summary>
    long Rows { get; }

    /// <summary>Ids of pairs that are left out, or some of whose rows are.</summary>
    IReadOnlyList<string> LeftOut { get; }

    /// <summary>What a checkpoint must be of: hashes and names, beside the options.</summary>
    IEnumerable<KeyValuePair<string, string>> Identity { get; }

    /// <summary>Whether batches come out of several data sets, so that the history names each one's.</summary>
    bool SeveralSets { get; }

    /// <summary>What a person should know before the first step; null: nothing.</summary>
    /// <param name="counts">Batches of each epoch.</param>
    string? NoteOf(int[] counts);

    /// <summary>The mining inside the run; null where the options ask for none.</summary>
    /// <param name="folder">Receives what is mined.</param>
    /// <param name="steps">Of the run.</param>
    NegativeRefresh? Mining(RunFolder folder, long steps);

    /// <summary>Batches of an epoch, exact.</summary>
    int CountOf(int epoch);

    /// <summary>Once, before the first <see cref="Open"/>, for what takes long.</summary>
    ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>The part that holds a batch of an epoch; the encoder then reads its texts.</summary>
    /// <param name="epoch">0-based.</param>
    /// <param name="batch">0-based, up to the epoch's count.</param>
    /// <param name="kept">Of a checkpoint inside this epoch; null: none.</param>
    BatchPart Open(int epoch, int batch, IReadOnlyList<int[]>? kept);

    /// <summary>Rows of a batch by cohort, as many of an attribute's values at most; the counts are good until the next call.</summary>
    IEnumerable<(string Attribute, IEnumerable<(string Value, int Rows)> Values)> CohortsOf(int[] batch, int most);

    /// <summary>A batch's pairs in words, for a replay.</summary>
    IEnumerable<BatchTexts> TextsOf(BatchPart part, int[] batch);
}
