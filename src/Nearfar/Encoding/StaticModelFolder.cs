using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nearfar.Text;
using Nearfar.Vectors;

namespace Nearfar.Encoding;

/// <summary>Static encoders on disk: reads model2vec and sentence-transformers StaticEmbedding folders, writes the latter.</summary>
public static class StaticModelFolder
{
    private const string Module = "0_StaticEmbedding";
    private const int Model2VecMaxTokens = 512;
    private const int NoCut = StaticEncoderOptions.NoCut;
    private const string GramModule = "0_GramEmbedding";

    /// <summary>Reads a model folder.</summary>
    /// <param name="folder">Holds <c>modules.json</c> (sentence-transformers) or <c>model.safetensors</c> and <c>tokenizer.json</c> (model2vec).</param>
    /// <exception cref="NearfarException">A file is missing or broken, was changed since it was written, or a module is of a kind that this tool has no engine for.</exception>
    public static StaticEncoder Load(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
        {
            throw new NearfarException(folder, 0, "no such model folder.");
        }

        var manifest = ModelManifest.Read(folder);
        string inner = StaticModule(folder);
        string weights = Path.Combine(inner, "model.safetensors");
        string tokenizerPath = Path.Combine(inner, "tokenizer.json");
        string gramsPath = Path.Combine(inner, GramFile.Name);
        foreach (string path in new[] { weights, tokenizerPath })
        {
            if (!File.Exists(path))
            {
                throw new NearfarException(path, 0, "missing: a static encoder needs model.safetensors and tokenizer.json side by side.");
            }
        }

        var words = Tokenizer.Load(tokenizerPath);
        ITokenizer tokenizer = File.Exists(gramsPath) ? GramFile.Read(gramsPath, words) : words;
        using var file = SafeTensorsFile.Open(weights);
        bool model2Vec = file.Find("embeddings") is not null;
        var rows = model2Vec ? ReadModel2Vec(file, weights, tokenizer) : ReadStaticEmbedding(file, weights);
        if (rows.Count != tokenizer.VocabularySize)
        {
            throw new NearfarException(weights, 0, $"{rows.Count} rows for the {tokenizer.VocabularySize} tokens of {(tokenizer == words ? "" : "grams.json and ")}tokenizer.json; wanted one row a token.");
        }

        var (query, document) = ReadPrompts(folder);
        var encoder = Encoder(weights, tokenizer, rows, PoolingFile.Read(Path.Combine(inner, PoolingFile.Name), new StaticEncoderOptions
        {
            MaxTokens = tokenizer is GramTokenizer ? NoCut : ReadTruncation(tokenizerPath) ?? (model2Vec ? Model2VecMaxTokens : NoCut),
            QueryPrompt = query,
            DocumentPrompt = document,
            Temperature = TemperatureOf(manifest),
            Quantization = manifest?.Quantization?.ToQuantization(Path.Combine(folder, "nearfar.json"), rows.Dimensions),
            Label = manifest?.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
        }));
        if (manifest is not null && manifest.Space != encoder.Space.Id)
        {
            throw new NearfarException(folder, 0, $"nearfar.json names space {manifest.Space}, but the weights, tokenizer and prompts give {encoder.Space.Id}: the folder was changed after it was written. Restore it, or remove nearfar.json to accept it as another model.");
        }

        return encoder;
    }

    // What a run writes under Options, the second name before losses had options of their own; a model of another origin tells none.
    internal static double? TemperatureOf(ModelManifest? manifest) =>
        manifest is not null && (manifest.Options.TryGetValue("options.loss.temperature", out string? text) || manifest.Options.TryGetValue("options.temperature", out text))
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value) ? value : null;

    /// <summary>Writes a folder that Python's sentence-transformers loads unchanged (but for a <see cref="GramTokenizer"/>, a <see cref="TermFrequency"/> of its own or <see cref="LeadOptions"/>, which it refuses), with <c>nearfar.json</c> and a model card.</summary>
    /// <param name="folder">Made when absent; files are replaced one by one, each atomically, <c>nearfar.json</c> last.</param>
    /// <param name="encoder">What to write.</param>
    /// <param name="manifest">Its space must be the encoder's.</param>
    /// <param name="card">Markdown for <c>README.md</c>.</param>
    public static void Save(string folder, StaticEncoder encoder, ModelManifest manifest, string card)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(manifest);
        EmbeddingSpace.ThrowUnlessSame(encoder.Space, new EmbeddingSpace(manifest.Space), "The manifest", "Make it from the encoder that is written.");
        manifest = manifest with { Quantization = QuantizationManifest.Of(encoder.Options.Quantization) };
        Directory.CreateDirectory(Path.Combine(folder, "1_Normalize"));
        var grams = encoder.Tokenizer as GramTokenizer;
        string inner = Path.Combine(folder, grams is null ? Module : GramModule);
        SafeTensorsFile.WriteMatrix(Path.Combine(inner, "model.safetensors"), "embedding.weight", encoder.TokenRows, [new("format", "pt")]);
        AtomicFile.Write(Path.Combine(inner, "tokenizer.json"), WithTruncation((grams?.Inner ?? encoder.Tokenizer).ToJson(), encoder.Options.MaxTokens));
        if (grams is not null)
        {
            AtomicFile.Write(Path.Combine(inner, GramFile.Name), GramFile.Bytes(grams).Span);
        }

        if (PoolingFile.IsNeeded(encoder.Options))
        {
            AtomicFile.Write(Path.Combine(inner, PoolingFile.Name), PoolingFile.Text(encoder.Options));
        }
        else
        {
            File.Delete(Path.Combine(inner, PoolingFile.Name));     // of a model that stood here before
        }

        // A type that no other library has: better that it refuses the folder than that it reads half of it.
        string type = grams is not null ? "nearfar.GramEmbedding" : PoolingFile.IsNeeded(encoder.Options) ? "nearfar.StaticEmbedding" : "sentence_transformers.models.StaticEmbedding";
        AtomicFile.Write(Path.Combine(folder, "modules.json"), $$"""
            [
              {"idx": 0, "name": "0", "path": "{{Path.GetFileName(inner)}}", "type": "{{type}}"},
              {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}
            ]

            """);
        var prompts = new JsonObject { ["query"] = encoder.Options.QueryPrompt, ["document"] = encoder.Options.DocumentPrompt };
        var config = new JsonObject
        {
            ["__version__"] = new JsonObject(),
            ["prompts"] = prompts,
            ["default_prompt_name"] = null,
            ["similarity_fn_name"] = "cosine",
        };
        AtomicFile.Write(Path.Combine(folder, "config_sentence_transformers.json"), config.ToJsonString() + "\n");
        AtomicFile.Write(Path.Combine(folder, "README.md"), card);
        AtomicFile.Write(Path.Combine(folder, "nearfar.json"), manifest.ToBytes());
    }

    private static StaticEncoder Encoder(string path, ITokenizer tokenizer, Rows<float> rows, StaticEncoderOptions options)
    {
        try
        {
            return new StaticEncoder(tokenizer, rows, options);
        }
        catch (NearfarException e)
        {
            throw new NearfarException(path, 0, e.Message, e);
        }
    }

    private static string StaticModule(string folder)
    {
        string path = Path.Combine(folder, "modules.json");
        if (!File.Exists(path))
        {
            return folder;
        }

        string? found = null;
        using var modules = ParseJson(path);
        if (modules.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new NearfarException(path, 0, "wanted a list of modules, each with \"type\" and \"path\".");
        }

        foreach (var module in modules.RootElement.EnumerateArray())
        {
            string type = Member(module, "type");
            if (type.EndsWith(".StaticEmbedding", StringComparison.Ordinal) || type == "nearfar.GramEmbedding")
            {
                string name = Member(module, "path");
                found = Path.GetFullPath(Path.Combine(folder, name));
                if (Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
                {
                    throw new NearfarException(path, 0, $"module path \"{name}\" leads out of the model folder.");
                }
            }
            else if (!type.EndsWith(".Normalize", StringComparison.Ordinal))
            {
                throw new NearfarException(path, 0, $"module {type} needs an engine that nearfar does not have; nearfar reads StaticEmbedding and Normalize. Transformers run in nearfar-server (ONNX) and nearfar-torch.");
            }
        }

        return found ?? throw new NearfarException(path, 0, "no StaticEmbedding module; nearfar reads static encoders. Transformers run in nearfar-server (ONNX) and nearfar-torch.");
    }

    private static string Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    // model2vec: row = embeddings[mapping[id]] * weights[id]; unknown tokens are dropped, which a zero row does under normalisation.
    private static Rows<float> ReadModel2Vec(SafeTensorsFile file, string path, ITokenizer tokenizer)
    {
        var tensor = file.Find("embeddings")!;
        int dimensions = MatrixWidth(tensor, path);
        float[] source = file.ReadSingles(tensor);
        long[]? mapping = file.Find("mapping") is { } m ? file.ReadIntegers(m) : null;
        float[]? weights = file.Find("weights") is { } w ? file.ReadSingles(w) : null;
        int count = mapping?.Length ?? checked((int)tensor.Shape[0]);
        if (weights is not null && weights.Length != count)
        {
            throw new NearfarException(path, 0, $"\"weights\" has {weights.Length} values for {count} tokens.");
        }

        var rows = Rows.Allocate<float>(count, dimensions);
        for (int id = 0; id < count; id++)
        {
            long from = mapping?[id] ?? id;
            if (from < 0 || from >= tensor.Shape[0])
            {
                throw new NearfarException(path, 0, $"\"mapping\" sends token {id} to row {from} of {tensor.Shape[0]}.");
            }

            if (id == tokenizer.UnknownId)
            {
                continue;
            }

            float weight = weights?[id] ?? 1;
            var row = rows[id];
            for (int j = 0; j < dimensions; j++)
            {
                row[j] = source[(from * dimensions) + j] * weight;
            }
        }

        return rows;
    }

    private static Rows<float> ReadStaticEmbedding(SafeTensorsFile file, string path)
    {
        var tensor = file.Find("embedding.weight") ?? throw new NearfarException(path, 0,
            $"wanted \"embedding.weight\" (sentence-transformers) or \"embeddings\" (model2vec), found {string.Join(", ", file.Tensors.Select(t => $"\"{t.Name}\""))}.");
        int dimensions = MatrixWidth(tensor, path);
        return new Rows<float>(file.ReadSingles(tensor), checked((int)tensor.Shape[0]), dimensions, dimensions);
    }

    private static int MatrixWidth(SafeTensor tensor, string path) => tensor.Shape is [> 0, > 0 and <= 65_536]
        ? (int)tensor.Shape[1]
        : throw new NearfarException(path, 0, $"\"{tensor.Name}\" must have two axes [tokens, dimensions], has [{string.Join(", ", tensor.Shape)}].");

    private static int? ReadTruncation(string path)
    {
        using var json = ParseJson(path);
        return json.RootElement.TryGetProperty("truncation", out var truncation) && truncation.ValueKind == JsonValueKind.Object
            && truncation.TryGetProperty("max_length", out var length) && length.ValueKind == JsonValueKind.Number && length.TryGetInt32(out int value) && value > 0 ? value : null;
    }

    /// <summary>The prompts that a folder names, which need not hold a model; empty: none.</summary>
    internal static (string Query, string Document) ReadPrompts(string folder)
    {
        string path = Path.Combine(folder, "config_sentence_transformers.json");
        if (!File.Exists(path))
        {
            return ("", "");
        }

        using var json = ParseJson(path);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("prompts", out var prompts)
            ? (Member(prompts, "query"), Member(prompts, "document"))
            : ("", "");
    }

    private static string WithTruncation(ReadOnlyMemory<byte> tokenizerJson, int maxTokens)
    {
        var json = JsonNode.Parse(tokenizerJson.Span)!.AsObject();
        json["truncation"] = maxTokens == NoCut ? null : new JsonObject
        {
            ["direction"] = "Right",
            ["max_length"] = maxTokens,
            ["strategy"] = "LongestFirst",
            ["stride"] = 0,
        };
        return json.ToJsonString() + "\n";
    }

    private static JsonDocument ParseJson(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw new NearfarException(path, (e.LineNumber ?? -1) + 1, $"not JSON: {e.Message}", e);
        }
    }
}
