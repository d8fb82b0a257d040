namespace Nearfar.Pairs;

/// <summary>Lists and maps of a row, read value by value.</summary>
internal static class RowCollections
{
    extension(ref RowScanner row)
    {
        /// <summary>An id, or a list of ids without repetition.</summary>
        public List<string>? IdList(string field)
        {
            var ids = row.Texts(field);
            var once = new List<string>(ids.Count);
            foreach (string id in ids)
            {
                if (!Ids.Check(id, out string? trouble))
                {
                    row.Problem(field, trouble);
                }
                else if (once.Contains(id, StringComparer.Ordinal))
                {
                    row.Problem(field, $"names \"{id}\" twice. Keep one");
                }
                else
                {
                    once.Add(id);
                }
            }

            return once.Count == 0 ? null : once;
        }

        /// <summary>A text, or a list of texts.</summary>
        public List<string> Texts(string field)
        {
            var texts = new List<string>();
            if (!row.IsList)
            {
                AddText(ref row, field, texts);
                return texts;
            }

            while (row.NextElement())
            {
                AddText(ref row, field, texts);
            }

            return texts;
        }

        /// <summary>An object of scalars.</summary>
        public Dictionary<string, string> ScalarMap(string field)
        {
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!row.Opens(field))
            {
                return map;
            }

            while (row.NextInner(out string name))
            {
                if (row.ScalarText($"{field}.{name}") is { } value && !map.TryAdd(name, value))
                {
                    row.Problem($"{field}.{name}", "stands twice. Keep one");
                }
            }

            return map;
        }

        /// <summary>An object of grades by document id.</summary>
        public Dictionary<string, int> Grades(string field)
        {
            var grades = new Dictionary<string, int>(StringComparer.Ordinal);
            if (!row.Opens(field))
            {
                return grades;
            }

            while (row.NextInner(out string id))
            {
                if (!Ids.Check(id, out string? trouble))
                {
                    row.Problem(field, trouble);
                }

                if (row.Integer($"{field}.{id}") is { } grade && !grades.TryAdd(id, grade))
                {
                    row.Problem(field, $"judges \"{id}\" twice. Keep one");
                }
            }

            return grades;
        }

        /// <summary>An object of finite numbers.</summary>
        public Dictionary<string, double> Numbers(string field)
        {
            var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
            if (!row.Opens(field))
            {
                return numbers;
            }

            while (row.NextInner(out string name))
            {
                if (row.Number($"{field}.{name}") is { } value && !numbers.TryAdd(name, value))
                {
                    row.Problem($"{field}.{name}", "stands twice. Keep one");
                }
            }

            return numbers;
        }
    }

    private static void AddText(ref RowScanner row, string field, List<string> texts)
    {
        if (row.Text(field) is { } text)
        {
            texts.Add(text);
        }
    }
}
