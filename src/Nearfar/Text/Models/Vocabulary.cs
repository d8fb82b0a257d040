namespace Nearfar.Text.Models;

/// <summary>Pieces and their ids, both ways. Ids may have holes.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;
    private PieceTrie? _trie;

    /// <param name="ids">Ids of at least 0, each once.</param>
    public Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _tokens = new string?[ids.Count == 0 ? 0 : ids.Values.Max() + 1];
        foreach (var (token, id) in ids)
        {
            _tokens[id] = token;
        }
    }

    /// <summary>One above the highest id.</summary>
    public int Size => _tokens.Length;

    public int Count => _ids.Count;

    /// <summary>All pieces but the empty one as a trie.</summary>
    public PieceTrie Trie => _trie ??= new PieceTrie(_ids.Where(p => p.Key.Length > 0));

    public IEnumerable<KeyValuePair<string, int>> InOrder
    {
        get
        {
            for (int id = 0; id < _tokens.Length; id++)
            {
                if (_tokens[id] is { } token)
                {
                    yield return new(token, id);
                }
            }
        }
    }

    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public void Write(Json.CanonicalJson json)
    {
        json.StartObject("vocab");
        foreach (var (token, id) in InOrder)
        {
            json.Member(token, id);
        }

        json.EndObject();
    }
}
