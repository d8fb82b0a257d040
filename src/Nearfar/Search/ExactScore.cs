using Nearfar.Vectors;

namespace Nearfar.Search;

/// <summary>The score that every index gives: one chain of fused multiply-adds in dimension order.</summary>
internal static class ExactScore
{
    public static float Of(ReadOnlySpan<float> query, ReadOnlySpan<float> document)
    {
        float sum = 0;
        for (int i = 0; i < query.Length; i++)
        {
            sum = MathF.FusedMultiplyAdd(query[i], document[i], sum);
        }

        return sum;
    }

    /// <summary>Scores a document and offers it, unless it has no vector.</summary>
    public static void Offer(TopK best, IndexSnapshot now, ReadOnlySpan<float> query, int position)
    {
        var row = now.Row(position);
        Offer(best, now, position, Of(query, row), row);
    }

    /// <summary>Offers a scored document, unless it has no vector.</summary>
    /// <exception cref="NearfarException">The score is not finite: no such row is compared, whatever file it came from.</exception>
    public static void Offer(TopK best, IndexSnapshot now, int position, float score, ReadOnlySpan<float> row)
    {
        if (!float.IsFinite(score))
        {
            throw new NearfarException($"The similarity to \"{now.Ids[position]}\" is {score}: its vector or the query holds NaN, infinity or values too large for float32. Embed and index again, with unit rows.");
        }

        if (row.ContainsAnyExcept(0f))
        {
            best.Offer(position, score);
        }
    }
}
