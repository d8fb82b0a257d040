using Nearfar.Encoding;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Texts as bags of known tokens, tokenised once: a token that stands n times in a text is one entry, weighed by n as <see cref="StaticEncoderOptions.TermFrequency"/> says.</summary>
/// <remarks>Only tokens that occur are numbered, in order of their ids: rows that no text holds get no gradient and stay out of the optimiser.</remarks>
internal sealed class TokenBags
{
    internal TokenBags(WeightedRow[] entries, int[] offsets, float[] inverseLengths, int[] vocabulary) =>
        (Entries, Offsets, InverseLengths, Vocabulary) = (entries, offsets, inverseLengths, vocabulary);

    /// <summary>Entries of all texts: a token by its position in <see cref="Vocabulary"/>, ascending in each text, and its weight there.</summary>
    public WeightedRow[] Entries { get; }

    /// <summary>Text i owns entries [Offsets[i], Offsets[i + 1]).</summary>
    public int[] Offsets { get; }

    /// <summary>1 / tokens of each text; 0 for a text without known tokens.</summary>
    public float[] InverseLengths { get; }

    /// <summary>Token ids that occur, ascending.</summary>
    public int[] Vocabulary { get; }

    public int Texts => InverseLengths.Length;

    /// <summary>Tokenises texts as <see cref="StaticEncoder"/> does: prompt, cut, lead, then unknown tokens count for nothing.</summary>
    public static TokenBags From(IReadOnlyList<TrainingText> texts, ITokenizer tokenizer, StaticEncoderOptions options)
    {
        var buffer = new TokenBuffer();
        var ids = new List<int>();
        int[] ends = new int[texts.Count];
        for (int i = 0; i < texts.Count; i++)
        {
            AddKnown(texts[i], tokenizer, options, buffer, ids);
            ends[i] = ids.Count;
        }

        return From(ids, ends, tokenizer.VocabularySize, options.TermFrequency);
    }

    /// <summary>Adds the known ids of a text in its order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokenizer">Reads it.</param>
    /// <param name="options">Prompt, cut and lead.</param>
    /// <param name="buffer">Scratch.</param>
    /// <param name="ids">Receives the ids behind those it holds.</param>
    internal static void AddKnown(TrainingText text, ITokenizer tokenizer, StaticEncoderOptions options, TokenBuffer buffer, List<int> ids)
    {
        StaticEncoder.Tokenise(tokenizer, options, text.Text, text.Role, buffer);
        foreach (int id in buffer.Ids)
        {
            if (id != tokenizer.UnknownId)
            {
                ids.Add(id);
            }
        }
    }

    // From the known ids of all texts in a row, and where each text's end.
    private static TokenBags From(List<int> ids, int[] ends, int vocabularySize, TermFrequency frequency)
    {
        int[] place = new int[vocabularySize];
        foreach (int id in ids)
        {
            place[id] = 1;
        }

        int[] vocabulary = [.. Enumerable.Range(0, vocabularySize).Where(id => place[id] == 1)];
        for (int i = 0; i < vocabulary.Length; i++)
        {
            place[vocabulary[i]] = i;
        }

        var entries = new List<WeightedRow>(ids.Count);
        int[] offsets = new int[ends.Length + 1];
        float[] inverseLengths = new float[ends.Length];
        for (int i = 0, start = 0; i < ends.Length; start = ends[i++])
        {
            int[] text = [.. ids[start..ends[i]].Select(id => place[id])];
            Array.Sort(text);
            for (int j = 0; j < text.Length;)
            {
                int run = j;
                for (; run < text.Length && text[run] == text[j]; run++)
                {
                }

                entries.Add(new WeightedRow(text[j], frequency.Weight(run - j)));
                j = run;
            }

            offsets[i + 1] = entries.Count;
            inverseLengths[i] = text.Length == 0 ? 0 : 1f / text.Length;
        }

        return new TokenBags([.. entries], offsets, inverseLengths, vocabulary);
    }
}
