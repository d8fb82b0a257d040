using System.Buffers.Binary;

namespace Nearfar.Training.Streaming;

/// <summary>Walks the bytes that <see cref="SpoolBlock"/> wrote.</summary>
internal ref struct SpoolReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public ulong Hash()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_left);
        _left = _left[8..];
        return value;
    }

    public string Text()
    {
        int length = (int)Number();
        string text = System.Text.Encoding.UTF8.GetString(_left[..length]);
        _left = _left[length..];
        return text;
    }

    public long Number()
    {
        ulong value = 0;
        for (int i = 0, shift = 0; ; i++, shift += 7)
        {
            byte b = _left[i];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                _left = _left[(i + 1)..];
                return (long)value;
            }
        }
    }
}
