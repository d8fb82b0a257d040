namespace Nearfar.Text.Models;

/// <summary>Ids of short pieces seen lately; lives in the scratch of one buffer, so no thread shares it. A slot keeps its last piece.</summary>
internal sealed class PieceCache
{
    public const int LongestPiece = 22;
    private const int MostIds = 9;
    private const int SlotBits = 12;
    private const int SlotChars = LongestPiece + 1;     // the length, then the characters
    private const int SlotIds = MostIds + 1;            // the count, then the ids

    private readonly char[] _pieces = new char[SlotChars << SlotBits];
    private readonly int[] _ids = new int[SlotIds << SlotBits];
    private TokenModel? _owner;

    /// <summary>Appends the ids of a piece if they are known.</summary>
    /// <param name="model">Whose ids; another model's are forgotten.</param>
    /// <param name="piece">1 to <see cref="LongestPiece"/> characters.</param>
    /// <param name="into">Receives the ids.</param>
    /// <param name="slot">Where to <see cref="Store"/> them when they are not.</param>
    public bool TryGet(TokenModel model, ReadOnlySpan<char> piece, TokenBuffer into, out int slot)
    {
        if (_owner != model)
        {
            Array.Clear(_pieces);
            _owner = model;
        }

        slot = SlotOf(piece);
        var kept = _pieces.AsSpan(slot * SlotChars, SlotChars);
        if (kept[0] != piece.Length || !kept.Slice(1, piece.Length).SequenceEqual(piece))
        {
            return false;
        }

        foreach (int id in _ids.AsSpan((slot * SlotIds) + 1, _ids[slot * SlotIds]))
        {
            into.Add(id);
        }

        return true;
    }

    public void Store(int slot, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (ids.Length <= MostIds)
        {
            _pieces[slot * SlotChars] = (char)piece.Length;
            piece.CopyTo(_pieces.AsSpan((slot * SlotChars) + 1));
            _ids[slot * SlotIds] = ids.Length;
            ids.CopyTo(_ids.AsSpan((slot * SlotIds) + 1));
        }
    }

    private static int SlotOf(ReadOnlySpan<char> piece)
    {
        uint hash = 2166136261;
        foreach (char c in piece)
        {
            hash = (hash ^ c) * 16777619;
        }

        return (int)((hash * 0x9E3779B9u) >> (32 - SlotBits));
    }
}
