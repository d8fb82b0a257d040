using System.Globalization;
using System.Text.Json;

namespace Nearfar.VectorData;

/// <summary>What a key or data property may hold, how it is kept and how it is written.</summary>
internal abstract class DataType(string name)
{
    private static readonly DataType[] Scalars =
    [
        new Scalar<bool>("bool", (w, v) => w.WriteBooleanValue(v), e => e.GetBoolean()),
        new Scalar<byte>("byte", (w, v) => w.WriteNumberValue(v), e => e.GetByte()),
        new Scalar<short>("short", (w, v) => w.WriteNumberValue(v), e => e.GetInt16()),
        new Scalar<int>("int", (w, v) => w.WriteNumberValue(v), e => e.GetInt32()),
        new Scalar<long>("long", (w, v) => w.WriteNumberValue(v), e => e.GetInt64()),
        new Scalar<float>("float", (w, v) => w.WriteNumberValue(v), e => e.GetSingle()),
        new Scalar<double>("double", (w, v) => w.WriteNumberValue(v), e => e.GetDouble()),
        new Scalar<decimal>("decimal", (w, v) => w.WriteNumberValue(v), e => e.GetDecimal()),
        new Scalar<string>("string", (w, v) => w.WriteStringValue(v), e => e.GetString() ?? throw new FormatException("null where a text was wanted")),
        new Scalar<Guid>("Guid", (w, v) => w.WriteStringValue(v), e => e.GetGuid()),
        new Scalar<DateTime>("DateTime", (w, v) => w.WriteStringValue(v), e => e.GetDateTime()),
        new Scalar<DateTimeOffset>("DateTimeOffset", (w, v) => w.WriteStringValue(v), e => e.GetDateTimeOffset()),
        new Scalar<DateOnly>("DateOnly", (w, v) => w.WriteStringValue(v.ToString("O", CultureInfo.InvariantCulture)), e => DateOnly.ParseExact(e.GetString()!, "O", CultureInfo.InvariantCulture)),
        new Scalar<TimeOnly>("TimeOnly", (w, v) => w.WriteStringValue(v.ToString("O", CultureInfo.InvariantCulture)), e => TimeOnly.ParseExact(e.GetString()!, "O", CultureInfo.InvariantCulture)),
    ];

    private static readonly Dictionary<Type, DataType> ByType = Scalars.SelectMany(s => s.Forms()).ToDictionary(f => f.Form, f => f.Type);
    private static readonly Dictionary<string, DataType> ByName = ByType.Values.Distinct().ToDictionary(t => t.Name, StringComparer.Ordinal);

    /// <summary>For messages.</summary>
    public static string Supported { get; } = string.Join(", ", Scalars.Select(s => s.Name)) + ", nullable ones, and arrays and lists of these";

    /// <summary>Name in the manifest.</summary>
    public string Name { get; } = name;

    public abstract bool IsList { get; }

    /// <summary>The type of a value, or of the values of a list.</summary>
    public abstract Type Element { get; }

    public static DataType? Of(Type type) => ByType.GetValueOrDefault(Nullable.GetUnderlyingType(type) ?? type);

    public static DataType? Named(string name) => ByName.GetValueOrDefault(name);

    /// <summary>A value as it is kept: lists become arrays of our own, so that a caller's later change is not seen.</summary>
    /// <exception cref="ArgumentException">NaN or infinity.</exception>
    public abstract object Keep(object value, string property);

    /// <summary>A kept value as a property of <paramref name="wanted"/> takes it.</summary>
    public abstract object Give(object kept, Type wanted);

    public abstract void Write(Utf8JsonWriter json, object kept);

    public abstract object Read(JsonElement json);

    /// <summary>The property types that this and its list stand for.</summary>
    protected abstract IEnumerable<(Type Form, DataType Type)> Forms();

    private sealed class Scalar<T>(string name, Action<Utf8JsonWriter, T> write, Func<JsonElement, T> read) : DataType(name)
        where T : notnull
    {
        public override bool IsList => false;

        public override Type Element => typeof(T);

        public override object Keep(object value, string property) => value is double.NaN or float.NaN || (value is double d && double.IsInfinity(d)) || (value is float f && float.IsInfinity(f))
            ? throw new ArgumentException($"Property \"{property}\" is {value}; wanted a finite number. Use null for a value that is not known.")
            : value;

        public override object Give(object kept, Type wanted) => kept;

        public override void Write(Utf8JsonWriter json, object kept) => write(json, (T)kept);

        public override object Read(JsonElement json) => read(json);

        protected override IEnumerable<(Type, DataType)> Forms()
        {
            var list = new ListOf<T>(this);
            return [(typeof(T), this), (typeof(T[]), list), (typeof(List<T>), list)];
        }
    }

    private sealed class ListOf<T>(DataType element) : DataType(element.Name + "[]")
        where T : notnull
    {
        public override bool IsList => true;

        public override Type Element => typeof(T);

        public override object Keep(object value, string property)
        {
            T[] kept = [.. (IEnumerable<T>)value];
            foreach (var item in kept)
            {
                _ = element.Keep(item ?? throw new ArgumentException($"Property \"{property}\" holds a null in its list; leave it out."), property);
            }

            return kept;
        }

        public override object Give(object kept, Type wanted) => wanted == typeof(List<T>) ? new List<T>((T[])kept) : ((T[])kept).Clone();

        public override void Write(Utf8JsonWriter json, object kept)
        {
            json.WriteStartArray();
            foreach (var item in (T[])kept)
            {
                element.Write(json, item);
            }

            json.WriteEndArray();
        }

        public override object Read(JsonElement json) => json.EnumerateArray().Select(e => (T)element.Read(e)).ToArray();

        protected override IEnumerable<(Type, DataType)> Forms() => [];
    }
}
