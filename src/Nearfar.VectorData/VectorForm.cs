using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Nearfar.VectorData;

/// <summary>How vectors are compared and searched.</summary>
/// <param name="IsCosine">Cosine similarity, over rows made unit; else the dot product of rows as they come.</param>
/// <param name="Index">Flat, QuantizedFlat or Dynamic.</param>
internal sealed record VectorForm(bool IsCosine, string Index)
{
    public string Distance => IsCosine ? DistanceFunction.CosineSimilarity : DistanceFunction.DotProductSimilarity;

    /// <exception cref="FormatException">No form that this store writes.</exception>
    public static VectorForm Named(string distance, string index) =>
        (distance is DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity) && (index is IndexKind.Flat or IndexKind.QuantizedFlat or IndexKind.Dynamic)
            ? new VectorForm(distance == DistanceFunction.CosineSimilarity, index)
            : throw new FormatException($"distance \"{distance}\", index \"{index}\"");

    /// <exception cref="NotSupportedException">A distance or index that this store has not; the message names it.</exception>
    public static VectorForm Of(VectorPropertyModel property)
    {
        bool isCosine = property.DistanceFunction switch
        {
            null or DistanceFunction.CosineSimilarity => true,
            DistanceFunction.DotProductSimilarity => false,
            _ => throw new NotSupportedException($"Vector property \"{property.ModelName}\" asks for {property.DistanceFunction}; this store has CosineSimilarity and DotProductSimilarity: higher is nearer, everywhere."),
        };
        string index = property.IndexKind switch
        {
            // Approximate kinds promise less than what they get: an exact scan, or codes whose best are ordered exactly.
            null or IndexKind.Dynamic or IndexKind.Hnsw or IndexKind.IvfFlat or IndexKind.DiskAnn => IndexKind.Dynamic,
            IndexKind.Flat => IndexKind.Flat,
            IndexKind.QuantizedFlat when isCosine => IndexKind.QuantizedFlat,
            IndexKind.QuantizedFlat => throw new NotSupportedException($"Vector property \"{property.ModelName}\" asks for QuantizedFlat with DotProductSimilarity; codes are made for unit vectors. Use Flat, or CosineSimilarity."),
            _ => throw new NotSupportedException($"Vector property \"{property.ModelName}\" asks for {property.IndexKind}; this store knows Flat, QuantizedFlat and Dynamic, and answers Hnsw, IvfFlat and DiskAnn by Dynamic."),
        };
        return new VectorForm(isCosine, index);
    }
}
