using Parquet.Meta;
using Parquet.Schema;

namespace Nearfar.Data.Formats;

/// <summary>A column, or a part of one, as the JSON that it stands for; puts values together again from their levels.</summary>
/// <remarks>
/// Lists and maps as the format's logical types say, backward compatibility included
/// (github.com/apache/parquet-format, LogicalTypes.md); a bare repeated field is a list.
/// </remarks>
internal sealed class ParquetNode
{
    private const int MaxDepth = 64;        // what JSON rows may have

    private readonly ParquetLeaf? _leaf;
    private readonly ParquetNode[] _children;
    private readonly Kind _kind;
    private readonly int _present;
    private readonly int _repetition;

    private ParquetNode(Kind kind, string name, int present, ParquetNode[] children, int repetition = 0, ParquetLeaf? leaf = null)
    {
        (_kind, Name, _present, _children, _repetition, _leaf) = (kind, name, present, children, repetition, leaf);
        First = leaf ?? children[0].First;
    }

    private enum Kind
    {
        Leaf,
        Struct,
        List,
        Map,
    }

    public string Name { get; }

    /// <summary>Whether there is null where the reader stands.</summary>
    public bool IsNull => First.Definition < _present;

    /// <summary>The first of its leaves: what is said of the whole is said there.</summary>
    private ParquetLeaf First { get; }

    /// <summary>The columns of a file.</summary>
    /// <param name="schema">As the file has it, depth first.</param>
    /// <param name="fields">Its leaves in that order.</param>
    /// <param name="leaves">Receives the leaves.</param>
    /// <exception cref="InvalidDataException">The two do not fit each other, or a column cannot be read.</exception>
    public static ParquetNode[] Columns(IReadOnlyList<SchemaElement> schema, IReadOnlyList<DataField> fields, List<ParquetLeaf> leaves)
    {
        var walk = new Walk(schema, fields, leaves);
        var columns = walk.Children(walk.Next(), 0, 0, 1);
        return walk.IsDone ? columns : throw new InvalidDataException("its schema contradicts itself");
    }

    /// <summary>Writes what is where the reader stands, and goes on; nulls inside structs and maps are missing fields.</summary>
    public void Write(ParquetCell cell)
    {
        if (_kind == Kind.Leaf)
        {
            _leaf!.Write(cell);
        }
        else if (IsNull)
        {
            Skip();
            cell.Json.WriteNullValue();
        }
        else if (_kind == Kind.Struct)
        {
            WriteStruct(cell);
        }
        else if (_kind == Kind.List)
        {
            cell.Json.WriteStartArray();
            Repeat(() => _children[0].Write(cell));
            cell.Json.WriteEndArray();
        }
        else
        {
            cell.Json.WriteStartObject();
            Repeat(() => _children[1].WriteField(cell, _children[0]._leaf!.TakeName()));
            cell.Json.WriteEndObject();
        }
    }

    /// <summary>Writes it as a field of an object, nothing where it is null.</summary>
    public void WriteField(ParquetCell cell, string name)
    {
        if (IsNull)
        {
            Skip();
            return;
        }

        cell.Json.WritePropertyName(name);
        Write(cell);
    }

    /// <summary>Passes over one null, or over the entry that stands for nothing in a list.</summary>
    public void Skip()
    {
        _leaf?.Skip();
        foreach (var child in _children)
        {
            child.Skip();
        }
    }

    private void WriteStruct(ParquetCell cell)
    {
        cell.Json.WriteStartObject();
        foreach (var child in _children)
        {
            child.WriteField(cell, child.Name);
        }

        cell.Json.WriteEndObject();
    }

    private void Repeat(Action write)
    {
        if (First.Definition <= _present)
        {
            Skip();         // there, and empty
            return;
        }

        do
        {
            write();
        }
        while (First.Repetition == _repetition);
    }

    /// <summary>Goes through a schema once.</summary>
    private sealed class Walk(IReadOnlyList<SchemaElement> schema, IReadOnlyList<DataField> fields, List<ParquetLeaf> leaves)
    {
        private int _at;

        public bool IsDone => _at == schema.Count && leaves.Count == fields.Count;

        public SchemaElement Next() => _at < schema.Count ? schema[_at++] : throw new InvalidDataException("its schema is cut off");

        public ParquetNode[] Children(SchemaElement group, int definition, int repetition, int depth)
        {
            int count = group.NumChildren ?? 0;
            if (depth > MaxDepth || count <= 0 || count > schema.Count - _at)
            {
                throw new InvalidDataException($"its schema is nested deeper than {MaxDepth}, or has a group without fields");
            }

            var children = new ParquetNode[count];
            for (int i = 0; i < count; i++)
            {
                children[i] = Node(Next(), definition, repetition, depth);
            }

            return children;
        }

        private ParquetNode Node(SchemaElement element, int definition, int repetition, int depth)
        {
            if (element.RepetitionType != FieldRepetitionType.REPEATED)
            {
                return Body(element, definition + (element.RepetitionType == FieldRepetitionType.OPTIONAL ? 1 : 0), repetition, depth);
            }

            var entry = Body(element, definition + 1, repetition + 1, depth);
            return new ParquetNode(Kind.List, element.Name, definition, [entry], repetition + 1);
        }

        private ParquetNode Body(SchemaElement element, int definition, int repetition, int depth)
        {
            if (element.Type is not null)
            {
                return Leaf(element, definition, repetition);
            }

            var children = Children(element, definition, repetition, depth + 1);
            if (children is not [{ _kind: Kind.List } list])
            {
                return new ParquetNode(Kind.Struct, element.Name, definition, children);
            }

            var entry = list._children[0];
            if (element.LogicalType?.LIST is not null || element.ConvertedType == ConvertedType.LIST)
            {
                bool wrapped = entry is { _kind: Kind.Struct, _children.Length: 1 } && entry.Name != "array" && entry.Name != element.Name + "_tuple";
                return new ParquetNode(Kind.List, element.Name, definition, [wrapped ? entry._children[0] : entry], list._repetition);
            }

            bool maps = element.LogicalType?.MAP is not null || element.ConvertedType is ConvertedType.MAP or ConvertedType.MAP_KEY_VALUE;
            return maps && entry is { _kind: Kind.Struct, _children: [{ _kind: Kind.Leaf }, _] }
                ? new ParquetNode(Kind.Map, element.Name, definition, entry._children, list._repetition)
                : new ParquetNode(Kind.Struct, element.Name, definition, children);
        }

        private ParquetNode Leaf(SchemaElement element, int definition, int repetition)
        {
            var field = leaves.Count < fields.Count ? fields[leaves.Count] : throw new InvalidDataException("its schema contradicts itself");
            if (field.MaxDefinitionLevel != definition || field.MaxRepetitionLevel != repetition)
            {
                throw new InvalidDataException($"column \"{field.Path}\" is laid out in a way that is not known");
            }

            var leaf = ParquetLeaf.Of(field)
                ?? throw new InvalidDataException($"column \"{field.Path}\" is of a type that is not read ({element.LogicalType?.ToString() ?? element.ConvertedType?.ToString() ?? element.Type.ToString()})");
            leaves.Add(leaf);
            return new ParquetNode(Kind.Leaf, element.Name, definition, [], leaf: leaf);
        }
    }
}
