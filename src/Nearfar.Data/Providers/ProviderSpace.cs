using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text.Json;
using Nearfar.Pairs;
using Nearfar.Vectors;

namespace Nearfar.Data.Providers;

/// <summary>The identity of a space whose weights only its provider holds: what it is called, and what it makes of eight fixed texts.</summary>
internal static class ProviderSpace
{
    // A provider's vectors differ a little from call to call. The same model agrees with itself to five digits; another one does not to two.
    private const double SameCosine = 0.9999;

    /// <summary>Sent as they are, without a prompt. Changing one changes every id.</summary>
    public static IReadOnlyList<string> Probes { get; } =
    [
        "How do I get my money back?", "The invoice is sent on the first day of each month.", "Wie kündige ich mein Abonnement?", "¿Dónde está mi pedido?",
        "パスワードを忘れました。", "error 0x80070005 access denied", "A quiet lake lies between two mountains.", "42",
    ];

    /// <summary><c>nfx-</c> + 16 hex of SHA-256 over provider, model, dimensions, prompts and the unit probe vectors rounded to 3 digits.</summary>
    /// <param name="folder">Remembers the probes: vectors that agree with those of a known space of the same name are of that space.</param>
    /// <param name="settings">Names the model.</param>
    /// <param name="probes">Unit vectors [8, D].</param>
    public static EmbeddingSpace Identify(string folder, EncoderSettings settings, Rows<float> probes)
    {
        string label = $"{settings.Kind}/{settings.Model ?? settings.Deployment}/{probes.Dimensions.ToString(CultureInfo.InvariantCulture)}";
        string name = Hash(sha =>
        {
            ContentHash.Append(sha, settings.Kind);
            ContentHash.Append(sha, settings.Model ?? settings.Deployment ?? "");
            ContentHash.Append(sha, probes.Dimensions.ToString(CultureInfo.InvariantCulture));
            ContentHash.Append(sha, settings.QueryPrompt ?? "");
            ContentHash.Append(sha, settings.DocumentPrompt ?? "");
        });
        if (Known(folder, name, probes) is { } known)
        {
            return new EmbeddingSpace(known) { Label = label };
        }

        string id = "nfx-" + Hash(sha =>
        {
            ContentHash.Append(sha, name);
            for (int i = 0; i < probes.Count; i++)
            {
                foreach (float value in probes[i])
                {
                    double rounded = Math.Round((double)value, 3);
                    ContentHash.Append(sha, (rounded == 0 ? 0 : rounded).ToString("0.000", CultureInfo.InvariantCulture));       // -0 as 0
                }
            }
        });
        // The probes are a vector file of their own: the space is their space, the name their model.
        new VectorSet(new EmbeddingSpace(id), [.. Enumerable.Range(1, probes.Count).Select(i => $"probe-{i}")], probes).Save(Path.Combine(folder, $"{id}.probes.safetensors"), name);
        return new EmbeddingSpace(id) { Label = label };
    }

    private static string? Known(string folder, string name, Rows<float> probes)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        foreach (string path in Directory.GetFiles(folder, "nfx-*.probes.safetensors").Order(StringComparer.Ordinal))
        {
            var known = VectorSet.Load(path);
            if (known.Space.Label == name && known.Rows.Count == probes.Count && known.Rows.Dimensions == probes.Dimensions
                && Enumerable.Range(0, probes.Count).All(i => TensorPrimitives.Dot<float>(known.Rows[i], probes[i]) >= SameCosine))
            {
                return known.Space.Id;
            }
        }

        return null;
    }

    private static string Hash(Action<IncrementalHash> append)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        append(sha);
        return Convert.ToHexStringLower(sha.GetHashAndReset().AsSpan(0, 8));
    }
}
