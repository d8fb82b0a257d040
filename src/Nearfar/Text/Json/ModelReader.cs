using System.Text.Json;
using Nearfar.Text.Models;

namespace Nearfar.Text.Json;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class ModelReader
{
    /// <summary>Far above any vocabulary; an id beyond it is a slip that would cost gigabytes.</summary>
    public const int HighestId = 1 << 24;

    public static TokenModel Read(TokenizerField model)
    {
        string type = model.Find("type")?.Text() ?? Guess(model);
        return type switch
        {
            "WordPiece" => ReadWordPiece(model),
            "BPE" => ReadBpe(model),
            "Unigram" => ReadUnigram(model),
            _ => throw model.Error($"the model type \"{type}\" is not supported; supported are WordPiece, BPE and Unigram."),
        };
    }

    // Files of 2020 had no type.
    private static string Guess(TokenizerField model) =>
        model.Find("merges") is not null ? "BPE"
        : model.Find("max_input_chars_per_word") is not null ? "WordPiece"
        : model.Find("vocab")?.Element.ValueKind == JsonValueKind.Array ? "Unigram"
        : model.Get("type").Text();

    private static WordPieceModel ReadWordPiece(TokenizerField model)
    {
        model.Only("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        var vocabulary = ReadVocabulary(model.Get("vocab"));
        string unknown = model.TextOrNull("unk_token") ?? "[UNK]";
        if (vocabulary.IdOf(unknown) is null)
        {
            throw model.Error($"unk_token \"{unknown}\" is not in the vocabulary.");
        }

        return new WordPieceModel(vocabulary, unknown, model.TextOrNull("continuing_subword_prefix") ?? "##",
            model.Find("max_input_chars_per_word")?.Whole(0, int.MaxValue) ?? 100);
    }

    private static BpeModel ReadBpe(TokenizerField model)
    {
        model.Only("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
            "vocab", "merges");
        if (model.Find("dropout") is { } dropout && dropout.Number() != 0)
        {
            throw dropout.Error("dropout makes ids random, which is not supported; set it to null.");
        }

        var vocabulary = ReadVocabulary(model.Get("vocab"));
        var options = new BpeOptions
        {
            Unknown = model.TextOrNull("unk_token"),
            Prefix = model.TextOrNull("continuing_subword_prefix") ?? "",
            Suffix = model.TextOrNull("end_of_word_suffix") ?? "",
            FuseUnknown = model.FlagOr("fuse_unk", false),
            ByteFallback = model.FlagOr("byte_fallback", false),
            IgnoreMerges = model.FlagOr("ignore_merges", false),
        };
        if (options.Unknown is not null && vocabulary.IdOf(options.Unknown) is null)
        {
            throw model.Get("unk_token").Error($"unk_token \"{options.Unknown}\" is not in the vocabulary.");
        }

        return new BpeModel(vocabulary, ReadMerges(model.Get("merges"), vocabulary, options.Prefix), options);
    }

    private static List<(string Left, string Right)> ReadMerges(TokenizerField field, Vocabulary vocabulary, string prefix)
    {
        var merges = new List<(string, string)>();
        foreach (var item in field.Items())
        {
            var (left, right) = ReadMerge(item);
            if (left.Length == 0 || right.Length == 0)
            {
                throw item.Error("a merge joins two tokens; one is empty.");
            }

            foreach (string token in (ReadOnlySpan<string>)[left, right, MergeTable.Product(left, right, prefix)])
            {
                if (vocabulary.IdOf(token) is null)
                {
                    throw item.Error($"the merge of \"{left}\" and \"{right}\" wants \"{token}\", which is not in the vocabulary.");
                }
            }

            merges.Add((left, right));
        }

        return merges;
    }

    private static (string Left, string Right) ReadMerge(TokenizerField item)
    {
        if (item.Element.ValueKind == JsonValueKind.Array)
        {
            var sides = item.Items().ToArray();
            return sides.Length == 2 ? (sides[0].Text(), sides[1].Text()) : throw item.Error($"two tokens are wanted, {sides.Length} came.");
        }

        string[] parts = item.Text().Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw item.Error("two tokens with one space between them are wanted.");
    }

    private static UnigramModel ReadUnigram(TokenizerField model)
    {
        model.Only("type", "unk_id", "vocab", "byte_fallback");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var scores = new List<double>();
        foreach (var item in model.Get("vocab").Items())
        {
            var pair = item.Items().ToArray();
            if (pair.Length != 2)
            {
                throw item.Error("a piece and its score are wanted.");
            }

            if (!ids.TryAdd(pair[0].Text(), ids.Count))
            {
                throw item.Error($"the piece \"{pair[0].Text()}\" stands twice in the vocabulary.");
            }

            scores.Add(pair[1].Number());
        }

        if (scores.Count == 0)
        {
            throw model.Get("vocab").Error("the vocabulary is empty.");
        }

        int unknown = model.Find("unk_id")?.Whole(0, scores.Count - 1)
            ?? throw model.Error("unk_id is wanted: without it an unknown character could not be encoded.");
        return new UnigramModel(new Vocabulary(ids), [.. scores], unknown, model.FlagOr("byte_fallback", false));
    }

    private static Vocabulary ReadVocabulary(TokenizerField vocab)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<int>();
        foreach (var entry in vocab.Members())
        {
            int id = entry.Whole(0, HighestId);
            if (!seen.Add(id))
            {
                throw entry.Error($"the id {id} stands twice in the vocabulary.");
            }

            ids.Add(entry.Path[(vocab.Path.Length + 1)..], id);
        }

        return ids.Count > 0 ? new Vocabulary(ids) : throw vocab.Error("the vocabulary is empty.");
    }
}
