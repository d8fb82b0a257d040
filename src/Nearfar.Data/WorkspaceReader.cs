using System.Globalization;
using System.Text.RegularExpressions;
using Nearfar.Data.Hub;
using Nearfar.Encoding;
using Nearfar.Pairs;
using Nearfar.Text;
using Nearfar.Training;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>Reads <c>nearfar.yaml</c>: walks the node tree, so that every problem has its line and column and all are told at once.</summary>
internal sealed partial class WorkspaceReader
{
    private const int MaxDepth = 32;
    private const int MaxCharacters = 1 << 20;
    private readonly string _folder;
    private readonly YamlProblems _problems;

    private WorkspaceReader(string path)
    {
        _folder = Path.GetDirectoryName(path) ?? "";
        _problems = new YamlProblems(path);
    }

    /// <exception cref="NearfarException">All problems in one message.</exception>
    public static WorkspaceOptions Read(string path, string yaml)
    {
        var reader = new WorkspaceReader(path);
        var root = new YamlSection(reader.Load(yaml), "", reader._problems);
        var options = reader.ReadRoot(root, path);
        root.Done();
        reader._problems.ThrowIfAny();
        return options;
    }

    /// <summary>Reads a policy that stands in a file of its own: the keys of the section <c>gate</c>, at its top.</summary>
    /// <exception cref="NearfarException">All problems in one message.</exception>
    public static GateSettings ReadPolicy(string path, string yaml, IReadOnlyList<CohortRule> cohorts)
    {
        var reader = new WorkspaceReader(path);
        var gate = ReadGate(new YamlSection(reader.Load(yaml), "", reader._problems), cohorts);
        reader._problems.ThrowIfAny();
        return gate;
    }

    private YamlMappingNode Load(string yaml)
    {
        try
        {
            CheckDepth(yaml);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
            {
                return root;
            }

            _problems.Add(new Mark(0, 1, 1), "wanted one document of \"key: value\" lines that begins with version: 1.");
        }
        catch (YamlException e)
        {
            _problems.Add(e.Start, $"not valid YAML: {(e.InnerException ?? e).Message}");
        }

        _problems.ThrowIfAny();
        throw new InvalidOperationException("A problem was just added.");
    }

    // The node tree is built by recursion; a file of ten thousand brackets must not end the process.
    private void CheckDepth(string yaml)
    {
        if (yaml.Length > MaxCharacters)
        {
            _problems.Add(new Mark(0, 1, 1), $"the file is longer than {MaxCharacters} characters. Is it a workspace file?");
            _problems.ThrowIfAny();
        }

        var parser = new Parser(new Scanner(new StringReader(yaml), skipComments: true));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current is MappingStart or SequenceStart ? 1 : parser.Current is MappingEnd or SequenceEnd ? -1 : 0;
            if (depth > MaxDepth)
            {
                _problems.Add(parser.Current!.Start, $"nested deeper than {MaxDepth}. Is it a workspace file?");
                _problems.ThrowIfAny();
            }
        }
    }

    private WorkspaceOptions ReadRoot(YamlSection root, string path)
    {
        if (!root.Has("version"))
        {
            root.Problem("version", "is missing. Write version: 1 on the first line.");
        }

        int version = root.Integer("version", 1, 1) ?? 1;
        string name = root.Text("name") ?? FolderName(path);
        var asOf = root.Day("as_of");
        var data = ReadData(root.Section("data"));
        var cohorts = ReadCohorts(root, asOf);
        var encoder = ReadEncoder(root.Section("encoder"));
        var tokenizer = ReadTokenizer(root.Section("tokenizer"), encoder, root);
        var mining = ReadMining(root.Section("mining"), cohorts);
        return new WorkspaceOptions
        {
            Version = version,
            Name = name,
            AsOf = asOf,
            Data = data,
            Cohorts = cohorts,
            Encoder = encoder,
            Tokenizer = tokenizer,
            Train = TrainReader.Read(root.Section("train"), cohorts, encoder, data, PathOf, (section, columns) => ReadTrainMining(section, columns, mining, cohorts)),
            Mining = mining,
            Gate = ReadGate(root.Section("gate"), cohorts),
            Spaces = ReadSpaces(root.Section("spaces")),
            Output = PathOf(root, "output") ?? Path.Combine(_folder, "output"),
        };
    }

    private static string FolderName(string path) =>
        Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) is { Length: > 0 } folder ? folder : "workspace";

    private DataSettings ReadData(YamlSection? section)
    {
        if (section is null)
        {
            return new DataSettings();
        }

        var data = new DataSettings
        {
            Corpus = ReadSource(section, "corpus"),
            Train = section.Value("train") is YamlSequenceNode ? null : ReadSource(section, "train"),
            TrainSets = ReadTrainSets(section),
            Dev = ReadSource(section, "dev"),
            Gate = ReadSource(section, "gate"),
            Traffic = ReadSource(section, "traffic"),
        };
        section.Done();
        foreach (var (key, source) in new[] { ("dev", data.Dev), ("gate", data.Gate) })
        {
            if (source is not null && data.AllTrain.Any(train => source.Path == train.Path && source.Split == train.Split && !Directory.Exists(source.Path)))
            {
                section.Problem(key, "is the training file. A held-out set needs rows of its own.");
            }
        }

        return data;
    }

    private List<DataSource> ReadTrainSets(YamlSection section)
    {
        var sets = new List<DataSource>();
        foreach (var set in section.Value("train") is YamlSequenceNode ? section.Sections("train") : [])
        {
            if (set.Text("name") is not { } name)
            {
                set.Problem("name", "is missing: what this data set is called.");
            }
            else if (sets.Any(s => s.Name == name))
            {
                set.Problem("name", $"\"{name}\" stands twice. Give each data set its own.");
            }
            else if (ReadSource(set) is { } source)
            {
                sets.Add(source with { Name = name });
            }
        }

        return sets;
    }

    private DataSource? ReadSource(YamlSection section, string key)
    {
        if (section.Value(key) is not YamlMappingNode)
        {
            return PathOf(section, key) is { } path ? new DataSource { Path = path } : null;
        }

        return ReadSource(section.Section(key)!);
    }

    private DataSource? ReadSource(YamlSection inner)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        if (inner.Section("columns") is { } map)
        {
            foreach (string column in map.Keys)
            {
                columns[column] = map.Text(column) ?? "";
            }
        }

        if (!inner.Has("path"))
        {
            inner.Problem("path", "is missing.");
        }

        var source = PathOf(inner, "path") is { } file ? new DataSource { Path = file, Columns = columns, Split = inner.Text("split") } : null;
        inner.Done();
        return source;
    }

    private static List<CohortRule> ReadCohorts(YamlSection root, DateOnly? asOf)
    {
        var rules = new List<CohortRule>();
        if (root.Section("cohorts") is not { } section)
        {
            return rules;
        }

        foreach (string attribute in section.Keys)
        {
            var inner = section.Section(attribute);
            var rule = inner is null ? new CohortRule { Attribute = attribute } : ReadCohort(inner, attribute);
            rules.Add(rule);
            foreach (string problem in CohortResolver.Problems(rule, asOf))
            {
                section.Problem(attribute, problem.Split(": ", 2)[1] + ".");
            }

            if (attribute == PageCohort.Attribute && (rule.From is not null || rule.Edges.Count > 0))
            {
                section.Problem(attribute, "is built in (known | new); only protected may be set.");
            }

            foreach (string unknown in rule.Protected.Where(value => attribute == PageCohort.Attribute && value is not ("known" or "new")))
            {
                section.Problem(attribute, $"protected value \"{unknown}\" does not exist; valid are known, new.");
            }
        }

        return rules;
    }

    private static CohortRule ReadCohort(YamlSection section, string attribute)
    {
        var edges = new List<double>();
        var units = new HashSet<string>(StringComparer.Ordinal);
        foreach (string edge in section.Texts("edges"))
        {
            string unit = edge.EndsWith('d') ? "d" : "";
            units.Add(unit);
            if (double.TryParse(edge.AsSpan(0, edge.Length - unit.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
            {
                edges.Add(value);
            }
            else
            {
                section.Problem("edges", $"wanted numbers such as [4, 9] or days such as [90d, 365d], came \"{edge}\".");
            }
        }

        if (units.Count > 1)
        {
            section.Problem("edges", "mixes numbers and days. Write all with d, or none.");
        }

        var rule = new CohortRule
        {
            Attribute = attribute,
            From = section.Text("from"),
            Edges = edges,
            Unit = units.Contains("d") ? "d" : "",
            Protected = section.Texts("protected"),
        };
        section.Done();
        return rule;
    }

    private EncoderSettings ReadEncoder(YamlSection? section)
    {
        if (section is null)
        {
            return new EncoderSettings();
        }

        var encoder = new EncoderSettings
        {
            IdfPower = section.Number("idf_power", 0, 4),
            ExtraDimensions = section.Integer("extra_dimensions", 0, 4096),
            ExtraShare = section.Number("extra_share", 0, 1, above: true),
            Grams = ReadGrams(section.Section("grams")),
            TermFrequency = section.OneOf("term_frequency", "count", "root", "once") is { } frequency ? Enum.Parse<TermFrequency>(frequency, ignoreCase: true) : null,
            Lead = ReadLead(section.Section("lead")),
            Pivot = section.Number("pivot", 0, 8),
            Kind = section.OneOf("kind", "static", "adapter", "onnx", "openai", "azure", "ollama") ?? "static",
            Dimensions = section.Integer("dimensions", 1, 65536),
            From = HubReference.IsMeant(section.Text("from")) || (section.Text("kind") == "adapter" && Providers.ProviderEncoder.IsProvider(section.Text("from") ?? "")) ? section.Text("from") : PathOf(section, "from"),
            Rank = section.Integer("rank", 1, 65536),
            Model = section.Text("model"),
            Deployment = section.Text("deployment"),
            Endpoint = section.Text("endpoint"),
            KeyEnv = section.Text("key_env"),
            Batch = section.Integer("batch", 1, 2048),
            BatchTokens = section.Integer("batch_tokens", 1),
            TimeoutSeconds = section.Number("timeout_seconds", 0, 86400, above: true),
            Budget = ReadBudget(section.Section("budget")),
            MaxTokens = section.Integer("max_tokens", 1),
            QueryPrompt = section.Text("query_prompt"),
            DocumentPrompt = section.Text("document_prompt"),
        };
        section.Done();
        CheckProvider(section, encoder);
        if (HubReference.IsMeant(encoder.From) && HubReference.Parse(encoder.From!) is null)
        {
            section.Problem("from", $"wanted hf:owner/name or hf:owner/name@revision, came \"{encoder.From}\".");
        }

        if (encoder is { ExtraDimensions: > 0, From: null })
        {
            section.Problem("extra_dimensions", "stand behind those of a model folder. Name one (from), or raise dimensions.");
        }

        if (encoder is { ExtraShare: not null, ExtraDimensions: null or 0 })
        {
            section.Problem("extra_share", "weighs the extra dimensions. Set extra_dimensions, or leave extra_share out.");
        }

        if (encoder.ExtraShare >= 1)
        {
            section.Problem("extra_share", "wanted below 1: at 1 the model's own dimensions would count for nothing.");
        }

        if (encoder is { Pivot: > 0, From: not null, ExtraDimensions: null or 0 })
        {
            section.Problem("pivot", "needs a dimension of its own. Set extra_dimensions to 1 or more.");
        }

        if (encoder.Kind is "onnx" or "adapter" && encoder.From is null)
        {
            section.Problem("kind", $"{encoder.Kind} needs from, a model folder{(encoder.Kind == "adapter" ? ", hf:owner/name, or a provider's kind: openai, azure or ollama" : "")}.");
        }

        CheckAdapter(section, encoder);

        return encoder;
    }

    private static void CheckAdapter(YamlSection section, EncoderSettings encoder)
    {
        if (encoder.Kind != "adapter")
        {
            if (encoder.Rank is not null)
            {
                section.Problem("rank", $"is an adapter's; this kind is {encoder.Kind}. Remove it, or write kind: adapter.");
            }

            return;
        }

        string[] unread = encoder.IsAdapterOfProvider ? [] : ["idf_power", "extra_dimensions", "extra_share", "grams", "term_frequency", "lead", "pivot", "dimensions"];
        foreach (string key in unread.Where(section.Has))
        {
            section.Problem(key, "an adapter leaves the frozen encoder as it is. Remove it, or train the encoder itself (kind: static).");
        }
    }

    private static LeadOptions? ReadLead(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var defaults = new LeadOptions();
        var lead = new LeadOptions { Tokens = section.Integer("tokens", 1, 4096) ?? defaults.Tokens, Weight = section.Integer("weight", 2, 64) ?? defaults.Weight };
        section.Done();
        return lead;
    }

    private static GramOptions? ReadGrams(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var defaults = new GramOptions();
        var grams = new GramOptions
        {
            Buckets = section.Integer("buckets", 1, 10_000_000) ?? defaults.Buckets,
            Min = section.Integer("min", 1, 10) ?? defaults.Min,
            Max = section.Integer("max", 1, 10) ?? defaults.Max,
            AllWords = section.OneOf("all_words", "true", "false") == "true",
            WordPairs = section.OneOf("word_pairs", "true", "false") == "true",
            Characters = section.OneOf("characters", "true", "false") != "false",
        };
        section.Done();
        foreach (string problem in grams.Problems())
        {
            section.Problem("buckets", problem + ".");
        }

        return grams;
    }

    private static readonly string[] s_providerKeys = ["model", "deployment", "endpoint", "key_env", "batch", "batch_tokens", "timeout_seconds", "budget"];

    private static readonly string[] s_localKeys = ["max_tokens", "idf_power", "extra_dimensions", "extra_share", "grams", "term_frequency", "lead", "pivot"];

    private static void CheckProvider(YamlSection section, EncoderSettings encoder)
    {
        string kind = encoder.Provider ?? encoder.Kind;
        if (encoder.Provider is null)
        {
            foreach (string key in s_providerKeys.Where(section.Has))
            {
                section.Problem(key, $"only openai, azure and ollama have one; this kind is {kind}. A local model folder is from.");
            }

            return;
        }

        if ((encoder.Model ?? encoder.Deployment) is null)
        {
            section.Problem("kind", $"{kind} needs model, the name of the provider's model{(kind == "azure" ? ", or deployment" : "")}.");
        }

        if (kind == "azure" && encoder.Endpoint is null)
        {
            section.Problem("kind", "azure needs endpoint, such as https://NAME.openai.azure.com.");
        }

        if (kind != "azure" && encoder.Deployment is not null)
        {
            section.Problem("deployment", $"only azure has deployments; this kind is {kind}. Write model.");
        }

        if (encoder.From is not null && !encoder.IsAdapterOfProvider)
        {
            section.Problem("from", $"{kind} has no folder to start from. Remove from, or choose another kind.");
        }

        foreach (string key in s_localKeys.Where(section.Has))
        {
            section.Problem(key, $"the provider's model decides that; {kind} has no such setting. Remove it.");
        }
    }

    private static BudgetSettings? ReadBudget(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var budget = new BudgetSettings
        {
            Tokens = section.Long("tokens", 1, long.MaxValue),
            Money = section.Number("money", 0, above: true),
            PricePerMillion = section.Number("price_per_million", 0, above: true),
        };
        if (budget.Money is not null && budget.PricePerMillion is null)
        {
            section.Problem("money", "needs price_per_million, the price of a million tokens.");
        }

        if (budget.Tokens is null && budget.Money is null)
        {
            section.Problem("tokens", "or money is wanted.");
        }

        section.Done();
        return budget;
    }

    private TokenizerSettings? ReadTokenizer(YamlSection? section, EncoderSettings encoder, YamlSection root)
    {
        if (section is null)
        {
            return null;
        }

        var tokenizer = new TokenizerSettings
        {
            Train = section.OneOf("train", "wordpiece", "bpe", "unigram"),
            Size = section.Integer("size", 100, 1_000_000),
            From = PathOf(section, "from"),
        };
        if (section.Has("train") == section.Has("from"))
        {
            section.Problem("train", section.Has("train") ? "and from exclude each other. Keep one." : "or from is wanted.");
        }

        if (tokenizer is { Size: not null, From: not null })
        {
            section.Problem("size", "belongs to a tokenizer that is trained; this one comes from a file.");
        }

        section.Done();
        if (encoder.Provider is not null)
        {
            root.Problem("tokenizer", $"{encoder.Kind} has its own, which is not here. Remove this section.");
        }

        if (encoder.From is not null)
        {
            root.Problem("tokenizer", "encoder.from brings a tokenizer of its own. Remove this section or encoder.from.");
        }

        return tokenizer;
    }

    private MiningSettings ReadMining(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        if (section is null)
        {
            return new MiningSettings();
        }

        var mining = ReadRules(section, new MiningSettings()) with
        {
            Review = section.Integer("review", 0),
            Cache = section.OneOf("cache", "true", "false") == "true",
        };
        section.Done();
        CheckMining(section, mining, cohorts);
        return mining;
    }

    // The rules of mining inside a run: those of the section mining, but for what is said here.
    private TrainMiningSettings? ReadTrainMining(YamlSection train, int? hardNegatives, MiningSettings outside, IReadOnlyList<CohortRule> cohorts)
    {
        if (train.Section("mining") is not { } section)
        {
            return null;
        }

        var schedule = new MiningSchedule { Every = section.Integer("every", 1) ?? 1, Asynchronous = section.OneOf("asynchronous", "true", "false") == "true", Lag = section.Integer("lag", 0, 1) };
        if (!section.Has("every"))
        {
            train.Problem("mining", "wants every: STEPS, from one mining to the next.");
        }

        if (schedule is { Asynchronous: true, Lag: 0 })
        {
            section.Problem("lag", "is 0, and what is mined beside the training comes into force an interval later. Remove lag, or asynchronous.");
        }

        int columns = hardNegatives ?? new TrainingOptions().HardNegatives;
        var rules = ReadRules(section, outside);
        if (rules.PerQuery > columns && section.Has("per_query"))
        {
            section.Problem("per_query", $"is above hard_negatives ({columns.ToString(CultureInfo.InvariantCulture)}): the rest would be mined for nothing.");
        }

        rules = rules with { PerQuery = Math.Max(1, Math.Min(rules.PerQuery ?? columns, columns)), Review = null, Cache = false };
        if (columns == 0)
        {
            train.Problem("mining", "finds hard negatives, and hard_negatives is 0. Raise it.");
        }

        foreach (string key in s_outsideKeys.Where(section.Has))
        {
            section.Problem(key, "belongs to nearfar mine: inside a run no list is written and no vector outlives its model. Remove it.");
        }

        section.Done();
        CheckMining(section, rules, cohorts);
        return new TrainMiningSettings(schedule, rules);
    }

    private static readonly string[] s_outsideKeys = ["review", "cache"];

    private MiningSettings ReadRules(YamlSection section, MiningSettings outside)
    {
        var (ratio, noRatio) = Ratio(section, "positive_ratio");
        var (teacherRatio, noTeacherRatio) = Ratio(section, "teacher_ratio");
        var mining = outside with
        {
            PerQuery = section.Integer("per_query", 1) ?? outside.PerQuery,
            PositiveRatio = section.Has("positive_ratio") ? ratio : outside.PositiveRatio,
            NoPositiveRatio = section.Has("positive_ratio") ? noRatio : outside.NoPositiveRatio,
            RelativeMargin = section.Number("relative_margin", 0, 1) ?? outside.RelativeMargin,
            AbsoluteMargin = section.Number("absolute_margin", 0, 2) ?? outside.AbsoluteMargin,
            MaxScore = section.Number("max_score", -1, 1) ?? outside.MaxScore,
            MinScore = section.Number("min_score", -1, 1) ?? outside.MinScore,
            Candidates = section.Integer("candidates", 1) ?? outside.Candidates,
            SkipRanks = section.Integer("skip_ranks", 0) ?? section.Integer("range_min", 0) ?? outside.SkipRanks,
            RangeMax = section.Integer("range_max", 1) ?? outside.RangeMax,
            PerDocument = section.Integer("per_document", 1) ?? outside.PerDocument,
            Sources = ReadMiningSources(section) ?? outside.Sources,
            Teacher = PathOf(section, "teacher") ?? outside.Teacher,
            TeacherRatio = section.Has("teacher_ratio") ? teacherRatio : outside.TeacherRatio,
            NoTeacherRatio = section.Has("teacher_ratio") ? noTeacherRatio : outside.NoTeacherRatio,
            TeacherMargin = section.Number("teacher_margin", 0) ?? outside.TeacherMargin,
            ByCohort = section.Text("by_cohort") ?? outside.ByCohort,
            Sampling = section.OneOf("sampling", "top", "random", "uniform") ?? outside.Sampling,
            Decisions = PathOf(section, "decisions") ?? outside.Decisions,
        };
        section.Has("range_min");       // known also when skip_ranks was read
        return mining;
    }

    private static (double? Value, bool Off) Ratio(YamlSection section, string key) =>
        section.Has(key) && section.Text(key) == "off" ? (null, true) : (section.Number(key, 0, 1, above: true), false);

    private List<string>? ReadMiningSources(YamlSection section)
    {
        if (!section.Has("sources"))
        {
            return null;
        }

        var sources = section.Texts("sources").Select(s => s is "encoder" or "bm25" ? s : Path.Combine(_folder, s)).ToList();
        foreach (string twice in sources.GroupBy(s => s, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            section.Problem("sources", $"names \"{twice}\" twice. Keep one.");
        }

        if (sources.Count == 0 && section.Value("sources") is YamlSequenceNode)
        {
            section.Problem("sources", "is empty. Wanted encoder, bm25 or model folders.");
        }

        return sources;
    }

    private static readonly string[] s_teacherKeys = ["teacher_ratio", "teacher_margin"];

    private static void CheckMining(YamlSection section, MiningSettings mining, IReadOnlyList<CohortRule> cohorts)
    {
        if (mining.Candidates < (mining.PerQuery ?? 1) + (mining.SkipRanks ?? 0))
        {
            section.Problem("candidates", "is below per_query + skip_ranks, so that no query could have its negatives.");
        }

        if (section.Has("skip_ranks") && section.Has("range_min"))
        {
            section.Problem("range_min", "and skip_ranks say the same thing. Keep one.");
        }

        if (mining.RangeMax <= (mining.SkipRanks ?? 0))
        {
            section.Problem("range_max", "is not above skip_ranks, so that no rank is left.");
        }

        if (mining.MinScore > mining.MaxScore)
        {
            section.Problem("min_score", "is above max_score, so that no candidate could pass.");
        }

        foreach (string key in s_teacherKeys.Where(k => mining.Teacher is null && section.Has(k)))
        {
            section.Problem(key, "needs teacher, the model folder that gives a second opinion.");
        }

        string[] attributes = [.. cohorts.Select(c => c.Attribute).Where(a => a != PageCohort.Attribute)];
        if (mining.ByCohort is { } attribute && !attributes.Contains(attribute, StringComparer.Ordinal))
        {
            section.Problem("by_cohort", attributes.Length == 0 ? "needs a cohort that is declared under cohorts." : NearestName.Unknown("cohort", attribute, attributes));
        }
    }

    private static GateSettings ReadGate(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        if (section is null)
        {
            return new GateSettings();
        }

        var gate = new GateSettings
        {
            Reference = section.OneOf("reference", "current", "bm25", "untrained") ?? "current",
            Metric = Metric(section, "metric", section.Text("metric")) ?? "recall@5",
            Tolerance = section.Number("tolerance", 0, 1) ?? 0.02,
            ProtectedTolerance = section.Section("protected")?.Number("tolerance", 0, 1),
            ProtectedCohorts = ReadProtected(section, cohorts),
            OtherTolerance = ReadOthers(section),
            JointMetrics = ReadJoint(section),
            Tolerances = ReadTolerances(section, cohorts),
            Required = CohortNames(section, "required", section.Texts("required"), cohorts),
            Floors = ReadFloors(section.Section("floors"), cohorts),
            FloorSpace = section.Text("floor_space"),
            FloorTransfer = section.OneOf("floor_transfer", "spread", "quantile"),
            ViolationLimit = section.Number("violation_limit", 0, 1),
            UnjudgedLimit = section.Number("unjudged_limit", 0, 1),
            TieLimit = section.Number("tie_limit", 0, 1),
            History = section.Integer("history", 0, 20),
            Flips = section.Integer("flips", 999, 99_999),
            OnInconclusive = section.OneOf("on_inconclusive", "stop", "pass", "block") ?? "stop",
        };
        section.Done();
        return gate;
    }

    private static string[] ReadProtected(YamlSection gate, IReadOnlyList<CohortRule> cohorts)
    {
        if (gate.Section("protected") is not { } section)
        {
            return [];
        }

        section.Has("tolerance");
        var named = CohortNames(section, "cohorts", section.Texts("cohorts"), cohorts);
        section.Done();
        if (named.Length == 0 && cohorts.All(c => c.Protected.Count == 0))
        {
            gate.Problem("protected", "no cohort is protected. Name some under cohorts, for example intent: {protected: [refund-policy]}.");
        }

        return named;
    }

    private static double? ReadOthers(YamlSection gate)
    {
        var section = gate.Section("others");
        double? tolerance = section?.Number("tolerance", 0, 1, above: true);
        section?.Done();
        return tolerance;
    }

    private static Dictionary<string, double>? ReadJoint(YamlSection gate)
    {
        if (gate.Section("joint") is not { } section)
        {
            return null;
        }

        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string metric in section.Keys)
        {
            if (Metric(section, metric, metric, "z_margin_mean", "z_margin_hard") is not null && section.Number(metric, 0, above: true) is { } tolerance)
            {
                metrics[metric] = tolerance;
            }
        }

        return metrics;
    }

    private static Dictionary<string, double> ReadTolerances(YamlSection gate, IReadOnlyList<CohortRule> cohorts)
    {
        var tolerances = new Dictionary<string, double>(StringComparer.Ordinal);
        if (gate.Section("tolerances") is { } section)
        {
            foreach (string cohort in CohortNames(section, null, [.. section.Keys], cohorts))
            {
                tolerances[cohort] = section.Number(cohort, 0, 1, above: true) ?? 0;
            }
        }

        return tolerances;
    }

    // Cohorts as attribute=value, of attributes that the workspace declares; a misspelt one would be required and never there.
    private static string[] CohortNames(YamlSection section, string? key, IReadOnlyList<string> names, IReadOnlyList<CohortRule> cohorts)
    {
        string[] known = [.. cohorts.Select(c => c.Attribute), PageCohort.Attribute];
        foreach (string name in names)
        {
            string attribute = name.Split('=', 2)[0].Trim();
            if (!name.Contains('=', StringComparison.Ordinal))
            {
                section.Problem(key ?? name, $"wanted attribute=value, came \"{name}\".");
            }
            else if (!known.Contains(attribute, StringComparer.Ordinal))
            {
                section.Problem(key ?? name, NearestName.Unknown("cohort", attribute, known));
            }
        }

        return [.. names.Where(n => n.Contains('=', StringComparison.Ordinal))];
    }

    private static Dictionary<string, IReadOnlyDictionary<string, double>> ReadFloors(YamlSection? section, IReadOnlyList<CohortRule> cohorts)
    {
        var floors = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        foreach (string cohort in section?.Keys ?? [])
        {
            string attribute = cohort.Split('=', 2)[0].Trim();
            string[] known = [.. cohorts.Select(c => c.Attribute), PageCohort.Attribute];
            if (cohort != "all" && (!cohort.Contains('=', StringComparison.Ordinal) || !known.Contains(attribute, StringComparer.Ordinal)))
            {
                section!.Problem(cohort, cohort.Contains('=', StringComparison.Ordinal)
                    ? NearestName.Unknown("cohort", attribute, known)
                    : "wanted attribute=value, or all.");
            }

            if (section!.Section(cohort) is not { } metrics)
            {
                section.Problem(cohort, "wanted metrics with their lowest values, such as {margin_mean: 0.18}.");
                continue;
            }

            var values = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (string metric in metrics.Keys)
            {
                if (Metric(metrics, metric, metric, "margin_mean", "margin_hard", "z_margin_mean", "z_margin_hard") is not null && metrics.Number(metric) is { } value)
                {
                    values[metric] = value;
                }
            }

            floors[cohort] = values;
        }

        return floors;
    }

    private static string? Metric(YamlSection section, string key, string? metric, params string[] more)
    {
        if (metric is null || more.Contains(metric) || MetricForm().IsMatch(metric))
        {
            return metric;
        }

        string[] forms = [.. more, "recall@5", "hit_rate@5", "mrr@5", "ndcg@5", "map@5", "precision@5"];
        section.Problem(key, NearestName.Unknown("metric", metric, forms));
        return null;
    }

    private static Dictionary<string, string> ReadSpaces(YamlSection? section)
    {
        var spaces = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string label in section?.Keys ?? [])
        {
            if (section!.Text(label) is { } id)
            {
                spaces[label] = id;
            }
        }

        return spaces;
    }

    /// <summary>A path with <c>${NAME}</c> filled in, relative to the workspace file.</summary>
    private string? PathOf(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        string filled = VariableForm().Replace(text, match =>
        {
            string name = match.Groups[1].Value;
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                return value;
            }

            section.Problem(key, $"the environment variable {name} is not set. Set it to the folder that \"{text}\" lies in.");
            return "";
        });
        return Path.Combine(_folder, filled);
    }

    [GeneratedRegex(@"^(recall|hit_rate|mrr|ndcg|map|precision)@[1-9][0-9]{0,5}$")]
    private static partial Regex MetricForm();

    [GeneratedRegex(@"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex VariableForm();
}
