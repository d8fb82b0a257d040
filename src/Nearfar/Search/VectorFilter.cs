namespace Nearfar.Search;

/// <summary>A set of documents of one index: which may be found. Made by <see cref="IVectorIndex"/>; immutable, thread-safe.</summary>
/// <remarks>One bit a document, so it can be kept and used for many searches. Documents added later do not pass.</remarks>
public sealed class VectorFilter
{
    internal VectorFilter(object index, ulong[] bits, int count) => (Index, Bits, Count) = (index, bits, count);

    /// <summary>Documents that pass; those deleted since count too, and are not found.</summary>
    public int Count { get; }

    internal ulong[] Bits { get; }

    internal object Index { get; }
}
