namespace Nearfar.Text.Unicode;

/// <summary>A value for each code point, in pages of 128 so that equal pages are stored once.</summary>
internal sealed class CodePointTable<T>
    where T : unmanaged
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;

    private readonly ushort[] _pages = new ushort[0x110000 >> PageBits];
    private readonly Dictionary<T, ushort> _uniform = [];
    private T[] _cells = new T[PageSize];       // page 0 holds default values
    private int _count = 1;

    public T this[int codePoint] => _cells[(_pages[codePoint >> PageBits] << PageBits) + (codePoint & (PageSize - 1))];

    /// <summary>Sets the values of a range; only while the table is built, in ascending order, each code point once.</summary>
    public void Set(int start, int length, T value)
    {
        int end = start + length;
        while (start < end)
        {
            int page = start >> PageBits;
            int stop = Math.Min(end, (page + 1) << PageBits);
            if (stop - start == PageSize)
            {
                _pages[page] = UniformPage(value);
            }
            else
            {
                if (_pages[page] == 0)
                {
                    _pages[page] = NewPage();
                }

                _cells.AsSpan((_pages[page] << PageBits) + (start & (PageSize - 1)), stop - start).Fill(value);
            }

            start = stop;
        }
    }

    private ushort UniformPage(T value)
    {
        if (!_uniform.TryGetValue(value, out ushort page))
        {
            page = NewPage();
            _cells.AsSpan(page << PageBits, PageSize).Fill(value);
            _uniform.Add(value, page);
        }

        return page;
    }

    private ushort NewPage()
    {
        if ((_count + 1) << PageBits > _cells.Length)
        {
            Array.Resize(ref _cells, _cells.Length * 2);
        }

        return checked((ushort)_count++);
    }
}
