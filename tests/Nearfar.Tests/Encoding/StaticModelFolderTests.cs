using System.Text.Json;
using System.Text.Json.Nodes;
using Nearfar.Encoding;
using Nearfar.Tests.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using Nearfar.Vectors;
using Xunit;

namespace Nearfar.Tests.Encoding;

public class StaticModelFolderTests
{
    private const int D = 8;

    private static StaticEncoderOptions Options => new() { MaxTokens = 40, QueryPrompt = "where is my ", DocumentPrompt = "late ", Label = "v7" };

    [Fact]
    public void Save_ThenLoad_GivesTheSameSpaceRowsAndOptions()
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "# card\n");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal(encoder.Space.Id, read.Space.Id);
        Assert.StartsWith("nf1-", read.Space.Id, StringComparison.Ordinal);
        Assert.Equal(encoder.Options, read.Options);
        Assert.Equal(encoder.TokenRows.Data.ToArray().Select(BitConverter.SingleToInt32Bits), read.TokenRows.Data.ToArray().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(encoder.Tokenizer.ToJson().Length > 0, read.Tokenizer.VocabularySize == SmallModels.Count);
        Assert.Equal("# card\n", File.ReadAllText(folder["m/README.md"]));
        Assert.False(File.Exists(folder["m/config.json"]));       // transformers' own loader would take the folder for its own
        Assert.True(Directory.Exists(folder["m/1_Normalize"]));
    }

    [Theory]
    [InlineData(TermFrequency.Root)]
    [InlineData(TermFrequency.Once)]
    public void Save_TermFrequency_IsReadBackAndNoOtherLibrarysToLoad(TermFrequency frequency)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options with { TermFrequency = frequency });
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal((encoder.Space.Id, frequency), (read.Space.Id, read.Options.TermFrequency));
        Assert.NotEqual(SmallModels.Encoder(D, Options).Space.Id, read.Space.Id);
        Assert.Contains("nearfar.StaticEmbedding", File.ReadAllText(folder["m/modules.json"]), StringComparison.Ordinal);

        var plain = SmallModels.Encoder(D, Options);
        StaticModelFolder.Save(folder["m"], plain, SmallModels.ManifestOf(plain), "");
        Assert.Equal(plain.Space.Id, StaticEncoder.Load(folder["m"]).Space.Id);
    }

    [Theory]
    [InlineData(TermFrequency.Count)]
    [InlineData(TermFrequency.Root)]
    public void Save_Lead_IsReadBackPartOfTheSpaceAndNoOtherLibrarysToLoad(TermFrequency frequency)
    {
        using var folder = new Folder();
        var options = Options with { TermFrequency = frequency, Lead = new LeadOptions { Tokens = 3, Weight = 2 } };
        var encoder = SmallModels.Encoder(D, options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal((encoder.Space.Id, options), (read.Space.Id, read.Options));
        Assert.Contains("nearfar.StaticEmbedding", File.ReadAllText(folder["m/modules.json"]), StringComparison.Ordinal);
        string[] others = [.. new[] { null, new LeadOptions { Tokens = 2, Weight = 2 }, new LeadOptions { Tokens = 3, Weight = 3 } }.Select(lead => SmallModels.Encoder(D, options with { Lead = lead }).Space.Id)];
        Assert.Equal(4, others.Append(encoder.Space.Id).Distinct(StringComparer.Ordinal).Count());

        File.WriteAllText(folder["m/0_StaticEmbedding/pooling.json"], """{"lead":{"tokens":4,"weight":2}}""");      // changed after it was written
        Assert.Contains("was changed", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_LeadOfATitle_IsReadBackAndASpaceOfItsOwn()
    {
        using var folder = new Folder();
        var options = Options with { Lead = new LeadOptions { Of = LeadField.Title, Tokens = 3, Weight = 2 } };
        var encoder = SmallModels.Encoder(D, options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        var read = StaticEncoder.Load(folder["m"]);
        Assert.Equal((encoder.Space.Id, options), (read.Space.Id, read.Options));
        Assert.Equal("{\"lead\":{\"of\":\"title\",\"tokens\":3,\"weight\":2}}\n", File.ReadAllText(folder["m/0_StaticEmbedding/pooling.json"]));
        File.WriteAllText(folder["m/0_StaticEmbedding/pooling.json"], """{"lead":{"tokens":3,"weight":2}}""");
        Assert.Contains("was changed", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    // Written before there were titles: the id, the file and the start's hash of a beginning stay.
    [Fact]
    public void Save_LeadOfABeginning_IsWhatItWasBeforeTitles()
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options with { Lead = new LeadOptions { Tokens = 3, Weight = 2 } });
        Assert.Equal("nf1-47d70e675bd6af1f", encoder.Space.Id);
        Assert.Equal("5a25d7852e33f33ced94faff9bdee3ee4a7c9dfe462a7ec6bb1aca7aead38c4e", StaticStart.From(encoder).Hash);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        Assert.Equal("{\"lead\":{\"tokens\":3,\"weight\":2}}\n", File.ReadAllText(folder["m/0_StaticEmbedding/pooling.json"]));
    }

    [Theory]
    [InlineData("""{"term_frequency":"often"}""")]
    [InlineData("""{"lead":{"of":"title","tokens":8}}""")]
    [InlineData("""{"lead":{"of":"body","tokens":8,"weight":2}}""")]
    [InlineData("""{"lead":{"of":1,"tokens":8,"weight":2}}""")]
    [InlineData("""{"lead":{"of":"beginning","tokens":8,"weight":2}}""")]
    [InlineData("""{"lead":{"tokens":0,"weight":2}}""")]
    [InlineData("""{"lead":{"tokens":8,"weight":1}}""")]
    [InlineData("""{"lead":{"tokens":8.5,"weight":2}}""")]
    [InlineData("""{"lead":{"tokens":8}}""")]
    [InlineData("""{"lead":{"tokens":8,"weight":2,"lines":1}}""")]
    [InlineData("""{"lead":16}""")]
    [InlineData("""{"lead":null}""")]
    [InlineData("""{"tail":{"tokens":8,"weight":2}}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    public void Load_PoolingFileThatIsNone_IsRefusedByName(string content)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        File.WriteAllText(folder["m/0_StaticEmbedding/pooling.json"], content);
        string message = Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message;
        Assert.Contains("pooling.json", message, StringComparison.Ordinal);
        Assert.Contains(content == "{" ? "not JSON" : "wanted {\"term_frequency\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999_999)]
    [InlineData(1_000_000)]      // what a folder without a cut is read as
    [InlineData(int.MaxValue)]
    public void Save_AnyCut_IsReadBack(int maxTokens)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, new StaticEncoderOptions { MaxTokens = maxTokens });
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        Assert.Equal(maxTokens, StaticEncoder.Load(folder["m"]).Options.MaxTokens);
    }

    [Fact]
    public void Save_Twice_WritesEqualBytes()
    {
        using var folder = new Folder();
        foreach (string name in new[] { "a", "b" })
        {
            var encoder = SmallModels.Encoder(D, Options);
            StaticModelFolder.Save(folder[name], encoder, SmallModels.ManifestOf(encoder), "# card\n");
        }

        string[] files = [.. Directory.GetFiles(folder["a"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["a"], f))];
        Assert.Equal(6, files.Length);
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(Path.Combine(folder["a"], f)), File.ReadAllBytes(Path.Combine(folder["b"], f))));
    }

    [Fact]
    public void Save_ManifestOfAnotherSpace_IsRefused()
    {
        using var folder = new Folder();
        var other = SmallModels.Encoder(D, seed: 2);
        Assert.Throws<NearfarException>(() => StaticModelFolder.Save(folder["m"], SmallModels.Encoder(D), SmallModels.ManifestOf(other), ""));
        Assert.False(Directory.Exists(folder["m"]));
    }

    public static TheoryData<string, StaticEncoderOptions> Changes => new()
    {
        { "query prompt", Options with { QueryPrompt = "where is " } },
        { "document prompt", Options with { DocumentPrompt = "" } },
        { "prompts exchanged", Options with { QueryPrompt = Options.DocumentPrompt, DocumentPrompt = Options.QueryPrompt } },
        { "a prompt's end moved", Options with { QueryPrompt = "where is my l", DocumentPrompt = "ate " } },
        { "cut", Options with { MaxTokens = 41 } },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Space_AnotherPromptOrCut_IsAnotherId(string what, StaticEncoderOptions options)
    {
        Assert.NotEmpty(what);
        Assert.NotEqual(SmallModels.Encoder(D, Options).Space, SmallModels.Encoder(D, options).Space);
    }

    [Fact]
    public void Space_ValuesTokenizerAndLabel_CountAsTheyShould()
    {
        var encoder = SmallModels.Encoder(D, Options);
        Assert.Equal(encoder.Space, SmallModels.Encoder(D, Options with { Label = "another name" }).Space);
        float[] rows = SmallModels.Values(D);
        Assert.Equal(encoder.Space, Of(rows).Space);
        rows[5] = -0f;                                 // in the zero row: -0 is 0
        Assert.Equal(encoder.Space, Of(rows).Space);
        rows[^1] = MathF.BitIncrement(rows[^1]);
        Assert.NotEqual(encoder.Space, Of(rows).Space);

        static StaticEncoder Of(float[] values) => new(SmallModels.Tokenizer, new Rows<float>(values, SmallModels.Count, D, D), Options);
    }

    [Fact]
    public void Space_TokenizerFile_CountsButForItsCutAndItsLayout()
    {
        var json = SmallModels.TokenizerFile;
        json["truncation"] = JsonNode.Parse("""{"direction":"Right","max_length":7,"strategy":"LongestFirst","stride":0}""");
        json["padding"] = JsonNode.Parse("""{"strategy":"BatchLongest","direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}""");
        var indented = Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(new JsonSerializerOptions { WriteIndented = true })), "t");
        Assert.Equal(SmallModels.Encoder(D).Space, Over(indented).Space);
        json["normalizer"]!["lowercase"] = false;
        Assert.NotEqual(SmallModels.Encoder(D).Space, Over(Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "t")).Space);

        static StaticEncoder Over(Tokenizer tokenizer) => new(tokenizer, new Rows<float>(SmallModels.Values(D), SmallModels.Count, D, D));
    }

    [Fact]
    public void Load_Model2VecLayouts_EqualTheFoldedRowsInTheOtherLayout()
    {
        using var folder = new Folder();
        int[] mapping = [.. Enumerable.Range(0, SmallModels.Count).Select(i => i * 5 % 7)];
        float[] weights = [.. Enumerable.Range(0, SmallModels.Count).Select(i => 0.5f + (i / 8f))];
        sbyte[] integers = [.. SmallModels.Values(D).Take(7 * D).Select(v => (sbyte)(v * 40))];
        var source = integers.Select(v => (float)v);
        foreach (var (name, dtype, bytes) in new[]
        {
            ("f32", "F32", SmallModels.Bytes(source)), ("f16", "F16", SmallModels.Bytes(source.Select(v => (Half)v))), ("i8", "I8", SmallModels.Bytes(integers)),
        })
        {
            SmallModels.WriteModel2Vec(folder[name], ("embeddings", dtype, [7, D], bytes),
                ("weights", "F32", [SmallModels.Count], SmallModels.Bytes(weights)), ("mapping", "I64", [SmallModels.Count], SmallModels.Bytes(mapping.Select(m => (long)m))));
        }

        SmallModels.WriteModel2Vec(folder["f64"], ("embeddings", "F32", [7, D], SmallModels.Bytes(source)),
            ("weights", "F64", [SmallModels.Count], SmallModels.Bytes(weights.Select(w => (double)w))), ("mapping", "I32", [SmallModels.Count], SmallModels.Bytes(mapping)));
        float[] folded = new float[SmallModels.Count * D];
        for (int id = 1; id < SmallModels.Count; id++)       // the unknown token's row is dropped
        {
            for (int i = 0; i < D; i++)
            {
                folded[(id * D) + i] = integers[(mapping[id] * D) + i] * weights[id];
            }
        }

        var encoder = new StaticEncoder(SmallModels.Tokenizer, new Rows<float>(folded, SmallModels.Count, D, D), new StaticEncoderOptions { MaxTokens = 512 });
        StaticModelFolder.Save(folder["st"], encoder, SmallModels.ManifestOf(encoder), "");
        foreach (string name in new[] { "f32", "f16", "i8", "f64" })
        {
            var read = StaticEncoder.Load(folder[name]);
            Assert.Equal(folded, read.TokenRows.Data.ToArray());
            Assert.Equal(StaticEncoder.Load(folder["st"]).Space.Id, read.Space.Id);
        }
    }

    [Fact]
    public void Load_Model2VecWithoutWeightsAndMapping_TakesTheRowsAsTheyAre()
    {
        using var folder = new Folder();
        SmallModels.WriteModel2Vec(folder["m"], ("embeddings", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D))));
        Assert.Equal(SmallModels.Encoder(D).Space.Id, StaticEncoder.Load(folder["m"]).Space.Id);
    }

    public static TheoryData<string, string> Changed => new()
    {
        { "0_StaticEmbedding/model.safetensors", "changed after it was written" },
        { "0_StaticEmbedding/tokenizer.json", "changed after it was written" },
        { "config_sentence_transformers.json", "changed after it was written" },
        { "nearfar.json", "changed after it was written" },
    };

    [Theory]
    [MemberData(nameof(Changed))]
    public void Load_FolderChangedAfterWriting_IsRefused(string file, string reason)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        byte[] bytes = File.ReadAllBytes(folder["m/" + file]);
        if (file.EndsWith("safetensors", StringComparison.Ordinal))
        {
            bytes[^2] ^= 1;
        }
        else
        {
            string text = System.Text.Encoding.UTF8.GetString(bytes).Replace("refund", "refunk", StringComparison.Ordinal).Replace("where", "there", StringComparison.Ordinal);
            bytes = System.Text.Encoding.UTF8.GetBytes(file == "nearfar.json" ? text.Replace(encoder.Space.Id, "nf1-0000000000000000", StringComparison.Ordinal) : text);
        }

        folder.Write("m/" + file, bytes);
        Assert.Contains(reason, Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Foreign => new()
    {
        { "modules.json", """[{"idx":0,"type":"sentence_transformers.models.Transformer","path":""}]""", "sentence_transformers.models.Transformer" },
        { "modules.json", """[{"idx":0,"type":"sentence_transformers.models.StaticEmbedding","path":"0_StaticEmbedding"},{"idx":1,"type":"sentence_transformers.models.Dense","path":"1_Dense"}]""", "models.Dense needs an engine" },
        { "modules.json", """[{"idx":1,"type":"sentence_transformers.models.Normalize","path":""}]""", "no StaticEmbedding module" },
        { "modules.json", """[{"idx":0,"type":"sentence_transformers.models.StaticEmbedding","path":"../elsewhere"}]""", "leads out of the model folder" },
        { "modules.json", """[{"idx":0,"type":"sentence_transformers.models.StaticEmbedding","path":"nowhere"}]""", "missing" },
        { "modules.json", """[7]""", "needs an engine" },
        { "modules.json", """{"idx":0}""", "wanted a list" },
        { "modules.json", "[{\n,", "modules.json:2: not JSON" },
        { "config_sentence_transformers.json", "{", "not JSON" },
        { "nearfar.json", "{}", "not a model manifest" },
        { "nearfar.json", "null", "not a model manifest" },
        { "nearfar.json", """{"schema":2,"space":"s","dimensions":8,"max_tokens":40}""", "schema 2" },
        { "0_StaticEmbedding/tokenizer.json", "{}", "tokenizer.json" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void Load_ForeignOrBrokenFile_IsRefusedByName(string file, string content, string reason)
    {
        using var folder = new Folder();
        var encoder = SmallModels.Encoder(D, Options);
        StaticModelFolder.Save(folder["m"], encoder, SmallModels.ManifestOf(encoder), "");
        folder.Write("m/" + file, content);
        Assert.Contains(reason, Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ConfigOfAnotherShape_HasNoPrompts()
    {
        using var folder = new Folder();
        SmallModels.WriteModel2Vec(folder["m"], ("embeddings", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D))));
        foreach (string config in new[] { "[]", """{"prompts":null}""", """{"prompts":{"query":null}}""" })
        {
            folder.Write("m/config_sentence_transformers.json", config);
            Assert.Equal("", StaticEncoder.Load(folder["m"]).Options.QueryPrompt);
        }
    }

    [Fact]
    public void Load_TensorsThatDoNotFit_AreRefusedWithTheFile()
    {
        using var folder = new Folder();
        (string, string, int[], byte[]) rows = ("embeddings", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D)));
        Refused("other rows than tokens", "one row a token", ("embeddings", "F32", [7, D], SmallModels.Bytes(SmallModels.Values(D).Take(7 * D))));
        Refused("one axis", "two axes", ("embeddings", "F32", [SmallModels.Count * D], SmallModels.Bytes(SmallModels.Values(D))));
        Refused("no tensor", "wanted \"embedding.weight\"", ("other", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D))));
        Refused("weights of another length", "\"weights\" has 2 values", rows, ("weights", "F32", [2], SmallModels.Bytes([1f, 2f])));
        Refused("mapping out of range", "sends token 3 to row 99", rows, ("mapping", "I64", [SmallModels.Count], SmallModels.Bytes(Enumerable.Range(0, SmallModels.Count).Select(i => i == 3 ? 99L : i))));
        Refused("mapping below 0", "sends token 3 to row -1", rows, ("mapping", "I64", [SmallModels.Count], SmallModels.Bytes(Enumerable.Range(0, SmallModels.Count).Select(i => i == 3 ? -1L : i))));
        Refused("NaN", "holds NaN", ("embeddings", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D).Select((v, i) => i == 20 ? float.NaN : v))));
        Refused("too large", "at most 1E+30", ("embeddings", "F32", [SmallModels.Count, D], SmallModels.Bytes(SmallModels.Values(D).Select((v, i) => i == 20 ? 1e31f : v))));
        Assert.Contains("no such model folder", Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder["nowhere"])).Message, StringComparison.Ordinal);

        void Refused(string name, string reason, params (string, string, int[], byte[])[] tensors)
        {
            SmallModels.WriteModel2Vec(folder[name], tensors);
            var error = Assert.Throws<NearfarException>(() => StaticEncoder.Load(folder[name]));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            Assert.Equal(folder[name + "/model.safetensors"], error.Path);
        }
    }
}
