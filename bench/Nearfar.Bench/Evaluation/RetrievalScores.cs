namespace Nearfar.Bench.Evaluation;

/// <summary>Measures of one question from its similarities to all documents; ties go to the earlier document, as in the published figures.</summary>
/// <param name="Reciprocal">1 / rank of the first right document within ten, else 0.</param>
/// <param name="Ndcg">nDCG@10, binary.</param>
/// <param name="First">The nearest document.</param>
/// <param name="Margin">Best right less best of the negatives; NaN without negatives.</param>
internal readonly record struct RetrievalScores(double Reciprocal, double Ndcg, int First, double Margin)
{
    private const int Cutoff = 10;

    public static RetrievalScores Of(ReadOnlySpan<float> similarities, HashSet<int> right, IReadOnlyCollection<int> negatives)
    {
        Span<int> top = stackalloc int[Cutoff];
        int count = Top(similarities, top);
        double reciprocal = 0, gain = 0, ideal = 0;
        for (int rank = 0; rank < count; rank++)
        {
            if (right.Contains(top[rank]))
            {
                reciprocal = reciprocal == 0 ? 1.0 / (rank + 1) : reciprocal;
                gain += 1 / Math.Log2(rank + 2);
            }
        }

        for (int rank = 0; rank < Math.Min(Cutoff, right.Count); rank++)
        {
            ideal += 1 / Math.Log2(rank + 2);
        }

        return new(reciprocal, gain / ideal, top[0], negatives.Count == 0 ? double.NaN : Best(similarities, right) - Best(similarities, negatives));
    }

    private static double Best(ReadOnlySpan<float> similarities, IReadOnlyCollection<int> documents)
    {
        double best = double.NegativeInfinity;
        foreach (int document in documents)
        {
            best = Math.Max(best, similarities[document]);
        }

        return best;
    }

    private static int Top(ReadOnlySpan<float> similarities, Span<int> top)
    {
        int count = 0;
        for (int document = 0; document < similarities.Length; document++)
        {
            if (count == top.Length && similarities[document] <= similarities[top[count - 1]])
            {
                continue;
            }

            int place = count < top.Length ? count++ : count - 1;
            for (; place > 0 && similarities[document] > similarities[top[place - 1]]; place--)
            {
                top[place] = top[place - 1];
            }

            top[place] = document;
        }

        return count;
    }
}
