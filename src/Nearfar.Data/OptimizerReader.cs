using Nearfar.Training.Optimization;
using YamlDotNet.RepresentationModel;

namespace Nearfar.Data;

/// <summary>Reads <c>train.optimizer</c>: a name, or a section with <c>name</c> and its options.</summary>
internal static class OptimizerReader
{
    private static readonly string[] s_names = ["adam", "adamw", "adagrad", "sgd"];

    public static OptimizerOptions? Read(YamlSection train)
    {
        if (!train.Has("optimizer"))
        {
            return null;
        }

        if (train.Value("optimizer") is not YamlMappingNode)
        {
            return train.OneOf("optimizer", s_names) is { } bare ? new OptimizerOptions { Kind = KindOf(bare) } : null;
        }

        var section = train.Section("optimizer")!;
        string name = section.OneOf("name", s_names) ?? "adam";
        var kind = KindOf(name);
        var defaults = new OptimizerOptions { Kind = kind };
        foreach (string key in Foreign(kind).Where(section.Has))
        {
            section.Problem(key, $"is no option of {name}. Remove it.");
        }

        var options = defaults with
        {
            Beta1 = section.Number("beta1", 0, 1) ?? defaults.Beta1,
            Beta2 = section.Number("beta2", 0, 1) ?? defaults.Beta2,
            Epsilon = section.Number("epsilon", 0, 1, above: true),
            Momentum = section.Number("momentum", 0, 1) ?? defaults.Momentum,
            WeightDecay = section.Number("weight_decay", 0, 1),
            ClipNorm = section.Number("clip_norm", 0, above: true),
            Dense = section.OneOf("dense", "true", "false") == "true",
            State = section.OneOf("state", "float32", "bfloat16") == "bfloat16" ? StateFormat.BFloat16 : StateFormat.Float32,
            RateFactor = section.Number("rate_factor", 0, 1000, above: true) ?? defaults.RateFactor,
        };
        section.Done();
        foreach ((string key, double value) in new[] { ("beta1", options.Beta1), ("beta2", options.Beta2), ("momentum", options.Momentum) })
        {
            if (value == 1)
            {
                section.Problem(key, "must be below 1: at 1 nothing ever fades.");
            }
        }

        return options;
    }

    private static OptimizerKind KindOf(string name) => (OptimizerKind)Array.IndexOf(s_names, name);

    // Options that a kind does not read would say something that is not done.
    private static string[] Foreign(OptimizerKind kind) => kind switch
    {
        OptimizerKind.Adam => ["momentum", "weight_decay"],
        OptimizerKind.AdamW => ["momentum"],
        OptimizerKind.Adagrad => ["momentum", "beta1", "beta2", "dense"],
        _ => ["beta1", "beta2", "epsilon", "dense"],
    };
}
