using System.Security.Cryptography;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;
using Nearfar.Training.Sampling;

namespace Nearfar.Training;

/// <summary>Pairs as rows of text numbers: one row for each positive of each pair.</summary>
internal sealed class TrainingRows
{
    private readonly int[][] _positivesOfFold;                  // texts that answer a folded question, ascending
    private readonly int[] _documentOf;                         // scratch of Collate
    private readonly int[] _asDocument;                         // by text number: the document of the same words, or -1
    private readonly RowPlan _plan;
    private readonly Dictionary<int, double>[] _gradesOfFold;   // grade of each graded text
    private readonly Func<string, int> _textOf;

    private TrainingRows(IReadOnlyList<TrainingText> texts, int[] asDocument, Row[] rows, int[][] positivesOfFold, Dictionary<int, double>[] gradesOfFold, RowPlan plan, string hash, Func<string, int> textOf) =>
        (Texts, _asDocument, Rows, _positivesOfFold, _gradesOfFold, _plan, Hash, _textOf, _documentOf) = (texts, asDocument, rows, positivesOfFold, gradesOfFold, plan, hash, textOf, new int[asDocument.Length]);

    /// <summary>One training example.</summary>
    /// <param name="Pair">Its pair; of a streamed one the line of the file stands for the id, and its words are on the disk.</param>
    /// <param name="Anchor">Text number of the query.</param>
    /// <param name="Positive">Text number of the document; of graded pairs it may be a wrong one.</param>
    /// <param name="HardNegatives">Text numbers, no positive of the question among them.</param>
    /// <param name="Fold">Number of its folded question.</param>
    /// <param name="Target">How near the two ought to be, 0 to 1: the grade by the highest of all, or 1.</param>
    internal sealed record Row(Pair Pair, int Anchor, int Positive, int[] HardNegatives, int Fold, double Target = 1);

    /// <summary>Distinct texts of each side.</summary>
    public IReadOnlyList<TrainingText> Texts { get; }

    public Row[] Rows { get; }

    /// <summary>Most hard negatives of a row.</summary>
    public int MostNegatives => _plan.HardNegatives;

    /// <summary>Fewest hard negatives of a row.</summary>
    public int LeastNegatives => _plan.Least;

    /// <summary>SHA-256 over all rows and texts, in order.</summary>
    public string Hash { get; }

    public static TrainingRows From(TrainingSet set, int hardNegatives) => From(set, new RowPlan(hardNegatives));

    public static TrainingRows From(TrainingSet set, RowPlan plan)
    {
        var numbers = new RowNumbers<string>(set.Pairs.Count, i => new RowNumbers<string>.Source(set.Pairs[i], set.Pairs[i].FoldKey, set.Pairs[i].Query,
            [.. set.Pairs[i].PositiveIds.Select(id => set.Corpus[id].Content)], set.Pairs[i].HardNegatives.Select(n => set.Corpus[n.DocumentId].Content)), plan,
            plan.WholeCorpus ? set.Corpus.Documents.Select(d => d.Content) : []);
        TrainingText[] texts = [.. numbers.Texts.Select(t => new TrainingText(t.Words, t.Role))];
        return new TrainingRows(texts, numbers.AsDocument, numbers.Rows, numbers.PositivesOfFold, numbers.GradesOfFold, plan, HashOf(numbers.Rows, texts), id => numbers.DocumentOf(set.Corpus[id].Content));
    }

    /// <summary>Rows of which the words are not held: a part of a streamed file.</summary>
    public static TrainingRows From(RowNumbers<ulong> numbers, RowPlan plan) => new([], numbers.AsDocument, numbers.Rows, numbers.PositivesOfFold, numbers.GradesOfFold, plan, "", id => throw new InvalidOperationException($"Document {id}: the words of a streamed part are not held."));

    /// <summary>The rows whose texts the encoder can read; unreadable hard negatives are dropped from theirs.</summary>
    public TrainingRows Readable(Func<int, bool> canEmbed, out IReadOnlyList<string> leftOut)
    {
        bool IsReadable(Row r) => canEmbed(r.Anchor) && canEmbed(r.Positive);
        var kept = Rows.Where(IsReadable).Select(r => r with { HardNegatives = [.. r.HardNegatives.Where(canEmbed)] }).ToArray();
        leftOut = [.. Rows.Where(r => !IsReadable(r)).Select(r => r.Pair.Id).Distinct(StringComparer.Ordinal)];
        return new TrainingRows(Texts, _asDocument, kept, _positivesOfFold, _gradesOfFold, _plan, Hash, _textOf);
    }

    /// <summary>The text of a document of the corpus.</summary>
    public int TextOf(string documentId) => _textOf(documentId);

    /// <summary>Whether a document's text answers no wording of the row's question, and is not the question itself: a mined negative is never an answer, whatever the batch makes of those.</summary>
    public bool MayBeNegative(int row, int text) => !_positivesOfFold[Rows[row].Fold].Contains(text) && text != _asDocument[Rows[row].Anchor];

    /// <summary>Whether a hard negative stays when others are mined: it came with the pair, traffic vouches for it, or a person accepted it. A model's ranking alone is not enough.</summary>
    public static bool IsGiven(HardNegative negative) => negative.Provenance is not { Source: "mined", TraceId: null, Reviewer: null };

    /// <summary>SHA-256 over the given hard negatives of all pairs: provenance is no part of <see cref="Hash"/>.</summary>
    public static string HashOfGiven(IEnumerable<Pair> pairs)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pair in pairs)
        {
            ContentHash.Append(sha, pair.Id);
            foreach (var negative in pair.HardNegatives.Where(IsGiven))
            {
                ContentHash.Append(sha, negative.DocumentId);
            }
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Texts of the row's given hard negatives.</summary>
    public IEnumerable<int> GivenNegativesOf(Row row) => row.Pair.HardNegatives.Where(IsGiven)
        .Select(n => TextOf(n.DocumentId)).Where(t => !_positivesOfFold[row.Fold].Contains(t) && t != _asDocument[row.Anchor]).Distinct();

    /// <summary>The texts that answer a folded question, ascending.</summary>
    public IReadOnlyList<int> AnswersOf(int fold) => _positivesOfFold[fold];

    /// <summary>The grade of each text that answers a folded question.</summary>
    public IReadOnlyDictionary<int, double> GradesOf(int fold) => _gradesOfFold[fold];

    /// <summary>Names of the data sets, ordinal; one empty name when the pairs name none.</summary>
    public string[] DataSets => [.. Rows.Select(DataSetOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static string DataSetOf(Row row) => row.Pair.DataSet ?? "";

    /// <summary>The distinct documents of the rows as places 0, 1, …: text of each place, place of each row.</summary>
    public (int[] Texts, int[] SlotOfRow) DocumentSlots()
    {
        int[] texts = [.. Rows.Select(r => r.Positive).Distinct()];
        var slots = texts.Select((t, i) => (t, i)).ToDictionary(x => x.t, x => x.i);
        return (texts, [.. Rows.Select(r => slots[r.Positive])]);
    }

    /// <summary>The number of a query's words, or of the document of the same words.</summary>
    public int WordsOf(int anchor) => _asDocument[anchor] is var same and >= 0 ? same : anchor;

    /// <summary>Batches of these rows in which no words stand twice, on whatever side.</summary>
    public BatchSampler Sampler(TrainingOptions options) => new(
        [.. Rows.Select(r => WordsOf(r.Anchor))], [.. Rows.Select(r => r.Positive)], options.Batch, options.MinBatchShare, options.Seed);

    /// <summary>
    /// The texts of a batch, column after column (anchors, positives, hard negatives), and which documents are no negatives: the question itself, its positive
    /// once more and, unless the plan makes negatives of them, other positives of an anchor's question. A text that stands in the batch already is not repeated as a hard negative: it is a negative for all as it is.
    /// </summary>
    /// <param name="batch">Row numbers.</param>
    /// <param name="texts">Text numbers, columns * B; an absent place repeats its anchor.</param>
    /// <remarks>Not thread-safe: it keeps a table from text to document between calls.</remarks>
    public RowSide Collate(ReadOnlySpan<int> batch, out int[] texts)
    {
        int pairs = batch.Length, columns = 2;
        foreach (int row in batch)
        {
            columns = Math.Max(columns, 2 + Rows[row].HardNegatives.Length);
        }

        texts = new int[columns * pairs];
        int[] documentOf = _documentOf;     // by text number: document number + 1, the last one's where a text stands twice, 0 when not in the batch
        int[]? twin = null;                 // by document number: the same text's document before it + 1, or 0
        for (int i = 0; i < pairs; i++)
        {
            texts[i] = Rows[batch[i]].Anchor;
            texts[pairs + i] = Rows[batch[i]].Positive;
            Stand(Rows[batch[i]].Positive, i);
        }

        var absent = new List<int>();
        for (int c = 2; c < columns; c++)
        {
            for (int i = 0; i < pairs; i++)
            {
                int[] negatives = Rows[batch[i]].HardNegatives;
                int document = ((c - 1) * pairs) + i;
                if (c - 2 < negatives.Length && (_plan.Least > 0 || documentOf[negatives[c - 2]] == 0))
                {
                    texts[(c * pairs) + i] = negatives[c - 2];
                    Stand(negatives[c - 2], document);
                }
                else
                {
                    texts[(c * pairs) + i] = texts[i];
                    absent.Add(document);
                }
            }
        }

        var side = Mask(batch, absent, twin);
        foreach (int text in texts)
        {
            documentOf[text] = 0;
        }

        return side;

        void Stand(int text, int document)
        {
            if (documentOf[text] > 0)
            {
                (twin ??= new int[(columns - 1) * pairs])[document] = documentOf[text];
            }

            documentOf[text] = document + 1;
        }
    }

    /// <summary>Texts that are no negatives of a row in a batch: the positives of its question, or its own alone (<see cref="RowPlan.OtherPositives"/>), and the question itself as a document.</summary>
    public IEnumerable<int> NoNegativesOf(int row)
    {
        var answers = _positivesOfFold[Rows[row].Fold].Where(text => IsMasked(Rows[row], text));
        return _asDocument[Rows[row].Anchor] is var self and >= 0 ? answers.Append(self) : answers;
    }

    // Of the texts that answer a row's question.
    private bool IsMasked(Row row, int text) => _plan.OtherPositives == OtherPositives.Masked || text == row.Positive;

    private RowSide Mask(ReadOnlySpan<int> batch, List<int> absent, int[]? twin)
    {
        int[] offsets = new int[batch.Length + 1];
        var masked = new List<int>();
        for (int i = 0; i < batch.Length; i++)
        {
            var row = Rows[batch[i]];
            foreach (int text in _positivesOfFold[row.Fold])
            {
                if (!IsMasked(row, text))
                {
                    continue;
                }

                for (int at = _documentOf[text] - 1; at >= 0 && (text != row.Positive || twin is not null); at = twin is null ? -1 : twin[at] - 1)
                {
                    if (at != i)        // its own place stays the positive
                    {
                        masked.Add(at);
                    }
                }
            }

            // The query itself as a document (question-to-question pairs) would be its own nearest negative.
            int self = _asDocument[row.Anchor];
            if (self >= 0 && self != row.Positive && _documentOf[self] > 0)
            {
                masked.Add(_documentOf[self] - 1);
            }

            offsets[i + 1] = masked.Count;
        }

        return new RowSide { MaskOffsets = offsets, MaskedDocuments = masked.ToArray(), AbsentDocuments = absent.ToArray() };
    }

    private static string HashOf(Row[] rows, TrainingText[] texts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            ContentHash.Append(sha, text.Role == TextRole.Query ? "query" : "document");
            ContentHash.Append(sha, text.Text);
        }

        foreach (var row in rows)
        {
            ContentHash.Append(sha, FormattableString.Invariant($"{row.Anchor} {row.Positive} {row.Fold} {string.Join(' ', row.HardNegatives)}"));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
