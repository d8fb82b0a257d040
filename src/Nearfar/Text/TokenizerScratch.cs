using Nearfar.Text.Models;
using Nearfar.Text.Patterns;
using Nearfar.Text.PreTokenizers;
using Nearfar.Text.Unicode;

namespace Nearfar.Text;

/// <summary>The working memory of one call of <see cref="Tokenizer.Encode(ReadOnlySpan{char}, TokenBuffer)"/>; lives in its token buffer.</summary>
internal sealed class TokenizerScratch
{
    private readonly Stack<CharBuffer> _texts = new();
    private readonly Stack<PieceBuffer> _pieces = new();

    /// <summary>For code that calls nothing else that uses it.</summary>
    public CodePointBuffer CodePoints { get; } = new();

    public PieceCache Cache => field ??= new PieceCache();

    public MergeScratch Merge { get; } = new();

    public UnigramScratch Unigram { get; } = new();

    public PatternScratch Pattern { get; } = new();

    public CharBuffer RentText()
    {
        var buffer = _texts.TryPop(out var kept) ? kept : new CharBuffer();
        buffer.Clear();
        return buffer;
    }

    public void Return(CharBuffer buffer) => _texts.Push(buffer);

    public PieceBuffer RentPieces()
    {
        var buffer = _pieces.TryPop(out var kept) ? kept : new PieceBuffer();
        buffer.Clear();
        return buffer;
    }

    public void Return(PieceBuffer buffer) => _pieces.Push(buffer);
}
