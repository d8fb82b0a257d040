using System.Text.Json;
using System.Text.Unicode;
using Parquet.Schema;

namespace Nearfar.Data.Formats;

/// <summary>Where the values of a row are written to, and what is wrong with the first bad one.</summary>
internal sealed class ParquetCell(Utf8JsonWriter json)
{
    public Utf8JsonWriter Json { get; } = json;

    /// <summary>The column that is written.</summary>
    public DataField? Column { get; set; }

    /// <summary>Null while all is well.</summary>
    public string? Trouble { get; set; }

    public void WriteNumber(float value)
    {
        if (IsFinite(value))
        {
            Json.WriteNumberValue(value);       // as a float: 0.1 is not to become 0.10000000149
        }
    }

    public void WriteNumber(double value)
    {
        if (IsFinite(value))
        {
            Json.WriteNumberValue(value);
        }
    }

    /// <summary>Bytes of a column that does not say what they are.</summary>
    public void WriteUtf8(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            Json.WriteStringValue(bytes);
        }
        else
        {
            Refuse("holds bytes that are no UTF-8 text. Write the column as text, or leave it out");
        }
    }

    private bool IsFinite(double value)
    {
        if (!double.IsFinite(value))
        {
            Refuse(FormattableString.Invariant($"is {value}; wanted a finite number. Write null where there is none"));
        }

        return double.IsFinite(value);
    }

    private void Refuse(string problem)
    {
        Trouble ??= $"\"{Column!.Path.FirstPart}\" {problem}.";
        Json.WriteNullValue();
    }
}
