using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nearfar.Text.Json;

/// <summary>Writes JSON in one form only: no white space, shortest numbers, escapes only where JSON demands them.</summary>
/// <remarks>Not Utf8JsonWriter: which characters its encoders escape changes with the Unicode version of the runtime, and bytes are hashed.</remarks>
internal sealed class CanonicalJson
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private bool _comma;

    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    public void StartObject(string? name = null) => Open(name, "{"u8);

    public void EndObject() => Close("}"u8);

    public void StartArray(string? name = null) => Open(name, "["u8);

    public void EndArray() => Close("]"u8);

    public void Member(string name, string? value)
    {
        Name(name);
        Value(value);
    }

    public void Member(string name, long value)
    {
        Name(name);
        Value(value);
    }

    public void Member(string name, bool? value)
    {
        Name(name);
        _bytes.Write(value is null ? "null"u8 : value.Value ? "true"u8 : "false"u8);
        _comma = true;
    }

    public void Name(string name)
    {
        Separate();
        Quoted(name);
        _bytes.Write(":"u8);
        _comma = false;
    }

    public void Value(string? value)
    {
        Separate();
        if (value is null)
        {
            _bytes.Write("null"u8);
        }
        else
        {
            Quoted(value);
        }

        _comma = true;
    }

    public void Value(long value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The shortest text that reads back as the same number; finite only.</summary>
    public void Value(double value) => Raw(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A number, a literal or any text that is valid JSON already.</summary>
    public void Raw(string json)
    {
        Separate();
        Write(json);
        _comma = true;
    }

    private void Open(string? name, ReadOnlySpan<byte> bracket)
    {
        if (name is not null)
        {
            Name(name);
        }

        Separate();
        _bytes.Write(bracket);
        _comma = false;
    }

    private void Close(ReadOnlySpan<byte> bracket)
    {
        _bytes.Write(bracket);
        _comma = true;
    }

    private void Separate()
    {
        if (_comma)
        {
            _bytes.Write(","u8);
        }
    }

    private void Quoted(string text)
    {
        _bytes.Write("\""u8);
        int plain = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is >= ' ' and not '"' and not '\\')
            {
                continue;
            }

            Write(text.AsSpan(plain, i - plain));
            plain = i + 1;
            Write(c is '"' or '\\' ? $"\\{c}" : $"\\u{(int)c:x4}");
        }

        Write(text.AsSpan(plain));
        _bytes.Write("\""u8);
    }

    private void Write(ReadOnlySpan<char> text) => System.Text.Encoding.UTF8.GetBytes(text, _bytes);
}
