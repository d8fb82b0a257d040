using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Training.Losses;

namespace Nearfar.Training;

/// <summary>Pairs made into rows of text numbers; the words are strings, or hashes where the strings are not held.</summary>
internal sealed class RowNumbers<TWords>
    where TWords : notnull
{
    private readonly Dictionary<(TWords Words, TextRole Role), int> _numbers = [];
    private readonly List<(TWords Words, TextRole Role)> _texts = [];

    /// <param name="pairs">How many.</param>
    /// <param name="source">Each of them; asked twice.</param>
    /// <param name="plan">How pairs become rows.</param>
    /// <param name="documents">Words of documents that are numbered too, behind those of the pairs. Default none.</param>
    public RowNumbers(int pairs, Func<int, Source> source, RowPlan plan, IEnumerable<TWords>? documents = null)
    {
        var folds = new Dictionary<TWords, int>();
        var positives = new List<SortedSet<int>>();
        int[] foldOf = new int[pairs];
        int highest = 1;
        for (int i = 0; i < pairs; i++)
        {
            var of = source(i);
            if (!folds.TryGetValue(of.Fold, out foldOf[i]))
            {
                folds.Add(of.Fold, foldOf[i] = positives.Count);
                positives.Add([]);
            }

            positives[foldOf[i]].UnionWith(of.Positives.Select(Document));
            highest = Math.Max(highest, of.Pair.Relevance?.Values.DefaultIfEmpty(1).Max() ?? 1);
        }

        var grades = new Dictionary<int, double>[positives.Count];
        var rows = new List<TrainingRows.Row>();
        for (int i = 0; i < pairs; i++)
        {
            var (pair, _, query, own, near) = source(i);
            int anchor = NumberOf((query, TextRole.Query));
            // A mined "negative" that answers the question by another pair's word is none.
            int[] negatives = [.. near.Select(Document).Where(t => !positives[foldOf[i]].Contains(t) && !_texts[t].Words.Equals(query)).Distinct().Take(plan.HardNegatives)];
            var graded = grades[foldOf[i]] ??= [];
            for (int p = 0; p < own.Count; p++)
            {
                int text = Document(own[p]);
                graded[text] = Math.Max(graded.GetValueOrDefault(text), pair.Relevance?.GetValueOrDefault(pair.PositiveIds[p], 1) ?? 1);
            }

            if (plan.Shape == LossRows.Pairs)
            {
                rows.AddRange(own.Select(Document).Distinct().Select(p => new TrainingRows.Row(pair, anchor, p, negatives, foldOf[i])));
            }
            else
            {
                rows.AddRange(own.Select(Document).Distinct().Select(p => new TrainingRows.Row(pair, anchor, p, [], foldOf[i], graded[p] / highest)));
                rows.AddRange(negatives.Select(n => new TrainingRows.Row(pair, anchor, n, [], foldOf[i], 0)));
            }
        }

        foreach (var document in documents ?? [])
        {
            Document(document);
        }

        (Rows, GradesOfFold) = ([.. rows], grades);
        PositivesOfFold = [.. positives.Select(p => p.ToArray())];
        AsDocument = [.. _texts.Select(t => _numbers.GetValueOrDefault((t.Words, TextRole.Document), -1))];
    }

    /// <summary>What a pair says.</summary>
    /// <param name="Pair">The pair.</param>
    /// <param name="Fold">Equal for repetitions of one question.</param>
    /// <param name="Query">Words of the query.</param>
    /// <param name="Positives">Words of the documents that answer, in the pair's order.</param>
    /// <param name="Negatives">Words of the hard negatives.</param>
    internal readonly record struct Source(Pair Pair, TWords Fold, TWords Query, IReadOnlyList<TWords> Positives, IEnumerable<TWords> Negatives);

    public TrainingRows.Row[] Rows { get; }

    /// <summary>Distinct texts of each side, by number.</summary>
    public IReadOnlyList<(TWords Words, TextRole Role)> Texts => _texts;

    /// <summary>By text number: the document of the same words, or -1.</summary>
    public int[] AsDocument { get; }

    /// <summary>Texts that answer a folded question, ascending.</summary>
    public int[][] PositivesOfFold { get; }

    /// <summary>Grade of each text that answers a folded question.</summary>
    public Dictionary<int, double>[] GradesOfFold { get; }

    /// <summary>Number of a document's words.</summary>
    /// <exception cref="KeyNotFoundException">No pair names it, and it was not among the documents.</exception>
    public int DocumentOf(TWords words) => _numbers[(words, TextRole.Document)];

    private int Document(TWords words) => NumberOf((words, TextRole.Document));

    private int NumberOf((TWords Words, TextRole Role) text)
    {
        if (!_numbers.TryGetValue(text, out int number))
        {
            _numbers.Add(text, number = _texts.Count);
            _texts.Add(text);
        }

        return number;
    }
}
