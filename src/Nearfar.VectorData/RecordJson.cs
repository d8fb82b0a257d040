using System.Buffers.Binary;
using System.Text.Json;

namespace Nearfar.VectorData;

/// <summary>A record as a JSON object; its vectors in base64 of little-endian float32, for the journal.</summary>
internal static class RecordJson
{
    public static void Write(Utf8JsonWriter json, CollectionSchema schema, StoredRecord record, bool includeVectors)
    {
        json.WriteStartObject();
        json.WritePropertyName("key");
        schema.Key.Type.Write(json, record.Key);
        json.WriteStartObject("data");
        for (int i = 0; i < record.Data.Length; i++)
        {
            if (record.Data[i] is { } value)
            {
                json.WritePropertyName(schema.Data[i].Name);
                schema.Data[i].Type.Write(json, value);
            }
        }

        json.WriteEndObject();
        if (includeVectors)
        {
            WriteVectors(json, schema, record);
        }

        json.WriteEndObject();
    }

    /// <exception cref="FormatException">A column that the schema has not.</exception>
    public static StoredRecord Read(JsonElement json, CollectionSchema schema)
    {
        object?[] data = new object?[schema.Data.Count];
        foreach (var property in json.GetProperty("data").EnumerateObject())
        {
            int i = Ordinal(schema.Data, c => c.Name, property.Name);
            data[i] = schema.Data[i].Type.Read(property.Value);
        }

        float[]?[] vectors = new float[schema.Vectors.Count][];
        if (json.TryGetProperty("vectors", out var given))
        {
            foreach (var property in given.EnumerateObject())
            {
                int i = Ordinal(schema.Vectors, c => c.Name, property.Name);
                vectors[i] = ReadVector(property.Value.GetBytesFromBase64(), schema.Vectors[i]);
            }
        }

        return new StoredRecord(schema.Key.Type.Read(json.GetProperty("key")), data, vectors);
    }

    private static void WriteVectors(Utf8JsonWriter json, CollectionSchema schema, StoredRecord record)
    {
        json.WriteStartObject("vectors");
        for (int i = 0; i < record.Vectors.Length; i++)
        {
            if (record.Vectors[i] is { } vector)
            {
                byte[] bytes = new byte[vector.Length * sizeof(float)];
                for (int d = 0; d < vector.Length; d++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(d * sizeof(float)), vector[d]);
                }

                json.WriteBase64String(schema.Vectors[i].Name, bytes);
            }
        }

        json.WriteEndObject();
    }

    private static float[] ReadVector(byte[] bytes, VectorShape shape)
    {
        if (bytes.Length != shape.Dimensions * sizeof(float))
        {
            throw new FormatException($"vector \"{shape.Name}\" has {bytes.Length} bytes, wanted {shape.Dimensions * sizeof(float)}");
        }

        float[] vector = new float[shape.Dimensions];
        for (int d = 0; d < vector.Length; d++)
        {
            vector[d] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(d * sizeof(float)));
        }

        return vector;
    }

    private static int Ordinal<T>(IReadOnlyList<T> columns, Func<T, string> nameOf, string name)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            if (nameOf(columns[i]) == name)
            {
                return i;
            }
        }

        throw new FormatException($"column \"{name}\" is not one of the collection's");
    }
}
