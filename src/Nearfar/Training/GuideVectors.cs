using Nearfar.Encoding;
using Nearfar.Training.Losses;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Another encoder's unit vector of every training text, computed once before the first step.</summary>
internal sealed class GuideVectors
{
    private const int Texts = 256;          // of one call
    private readonly Rows<float> _rows;

    private GuideVectors(Rows<float> rows) => _rows = rows;

    public static async Task<GuideVectors> ComputeAsync(IEncoder guide, IReadOnlyList<TrainingText> texts, CancellationToken cancellationToken)
    {
        var rows = Rows.Allocate<float>(texts.Count, guide.Dimensions);
        float[] vectors = new float[Texts * guide.Dimensions];
        foreach (var role in new[] { TextRole.Query, TextRole.Document })
        {
            foreach (int[] block in Enumerable.Range(0, texts.Count).Where(t => texts[t].Role == role).Chunk(Texts))
            {
                await guide.EncodeAsync([.. block.Select(t => texts[t].Text)], role, vectors, cancellationToken);
                for (int i = 0; i < block.Length; i++)
                {
                    vectors.AsSpan(i * guide.Dimensions, guide.Dimensions).CopyTo(rows[block[i]]);
                }
            }
        }

        return new GuideVectors(rows);
    }

    /// <summary>The vectors of a batch, a column for each column.</summary>
    public Rows<float>[] ColumnsOf(ReadOnlySpan<int> texts, int pairs)
    {
        var all = Rows.Allocate<float>(texts.Length, _rows.Dimensions);
        for (int i = 0; i < texts.Length; i++)
        {
            _rows[texts[i]].CopyTo(all[i]);
        }

        return [.. Enumerable.Range(0, texts.Length / pairs).Select(c => all.Slice(c * pairs, pairs))];
    }

    /// <summary>Scores of each anchor with its own documents [B, C - 1], NaN where one is absent.</summary>
    public double[] ScoresOf(ReadOnlySpan<int> texts, int pairs, RowSide side)
    {
        int own = (texts.Length / pairs) - 1;
        double[] scores = new double[pairs * own];
        for (int i = 0; i < pairs; i++)
        {
            for (int c = 0; c < own; c++)
            {
                scores[(i * own) + c] = Dot(_rows[texts[i]], _rows[texts[((c + 1) * pairs) + i]]);
            }
        }

        foreach (int absent in side.AbsentDocuments.Span)
        {
            scores[(absent % pairs * own) + (absent / pairs)] = double.NaN;
        }

        return scores;
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++)
        {
            sum += (double)a[k] * b[k];
        }

        return sum;
    }
}
