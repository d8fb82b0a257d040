namespace Nearfar.Encoding;

/// <summary>How <c>nearfar.json</c> holds a quantisation.</summary>
/// <param name="Kind"><c>int8</c> or <c>binary</c>.</param>
/// <param name="Start">int8: lowest value of each dimension.</param>
/// <param name="Step">int8: width of a step of each dimension.</param>
public sealed record QuantizationManifest(string Kind, IReadOnlyList<float>? Start = null, IReadOnlyList<float>? Step = null)
{
    internal static QuantizationManifest? Of(VectorQuantization? quantization) => quantization switch
    {
        null => null,
        { Kind: QuantizationKind.Int8 } => new("int8", quantization.Start, quantization.Step),
        _ => new("binary"),
    };

    /// <exception cref="NearfarException">Of another kind, or for another number of dimensions.</exception>
    internal VectorQuantization ToQuantization(string path, int dimensions)
    {
        try
        {
            var quantization = Kind switch
            {
                "int8" => VectorQuantization.Int8([.. Start ?? []], [.. Step ?? []]),
                "binary" => VectorQuantization.Binary(dimensions),
                _ => throw new NearfarException($"quantization \"{Kind}\" is unknown; wanted int8 or binary. Use a newer nearfar."),
            };
            return quantization.Dimensions == dimensions ? quantization : throw new NearfarException($"ranges for {quantization.Dimensions} dimensions; the model has {dimensions}.");
        }
        catch (NearfarException e)
        {
            throw new NearfarException(path, 0, e.Message, e);
        }
    }
}
