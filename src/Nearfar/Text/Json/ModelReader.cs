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
            _ => throw model.Error($"the model type \"{type}\" is not supported; supported are WordPiece."),
        };
    }

    // Files of 2020 had no type.
    private static string Guess(TokenizerField model) =>
        model.Find("merges") is not null ? "BPE"
        : model.Find("max_input_chars_per_word") is not null ? "WordPiece"
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
