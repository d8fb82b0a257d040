using System.Text.Json;
using Nearfar.Text;

namespace Nearfar.Tests.Training;

/// <summary>Words between spaces; id 0 is the unknown word.</summary>
internal sealed class ToyTokenizer : ITokenizer
{
    private readonly List<string> _words = ["[UNK]"];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    public ToyTokenizer(IEnumerable<string> words)
    {
        foreach (string word in words)
        {
            if (_ids.TryAdd(word, _words.Count))
            {
                _words.Add(word);
            }
        }
    }

    public int VocabularySize => _words.Count;

    public int? UnknownId => 0;

    public void Encode(ReadOnlySpan<char> text, TokenBuffer into)
    {
        foreach (string word in text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            into.Add(_ids.GetValueOrDefault(word));
        }
    }

    public string TokenOf(int id) => _words[id];

    public ReadOnlyMemory<byte> ToJson() => JsonSerializer.SerializeToUtf8Bytes(_words);
}
