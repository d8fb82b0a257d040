using Nearfar.Text;

namespace Nearfar.Encoding;

/// <summary>Repeats the tokens of a document's <see cref="LeadOptions"/> behind all of them.</summary>
internal static class LeadTokens
{
    /// <summary>Tokens of the prompt, which is not the document's. Leaves the buffer empty.</summary>
    public static int PromptLength(ITokenizer tokenizer, string prompt, TokenBuffer buffer)
    {
        if (prompt.Length == 0)
        {
            return 0;
        }

        tokenizer.Encode(prompt, buffer);
        int tokens = WordsOf(tokenizer, buffer.Ids);
        buffer.Clear();
        return tokens;
    }

    /// <summary>Behind the cut, so that the lead displaces nothing; parts of words stand behind all words and count once.</summary>
    /// <param name="tokenizer">Read the text.</param>
    /// <param name="lead">What counts more, and how much.</param>
    /// <param name="prompt">Stands before the text; a newline in it ends no title.</param>
    /// <param name="first">Tokens of the prompt.</param>
    /// <param name="text">The document's content.</param>
    /// <param name="buffer">Holds the ids of prompt and text, cut; receives the lead's.</param>
    public static void Repeat(ITokenizer tokenizer, LeadOptions lead, string prompt, int first, ReadOnlySpan<char> text, TokenBuffer buffer)
    {
        int end = Math.Min(WordsOf(tokenizer, buffer.Ids), first + lead.Tokens);
        if (lead.Of == LeadField.Title)
        {
            end = Math.Min(end, EndOf(tokenizer, prompt, lead.FieldOf(text), buffer));
        }

        for (int copy = 1; copy < lead.Weight; copy++)
        {
            for (int i = first; i < end; i++)
            {
                buffer.Add(buffer.Ids[i]);
            }
        }
    }

    // Tokenised apart, as a tokenizer may drop the newline. What both readings begin with is the field's: a token that reaches over the border is in one of them alone.
    private static int EndOf(ITokenizer tokenizer, string prompt, ReadOnlySpan<char> field, TokenBuffer buffer)
    {
        if (field.IsEmpty)
        {
            return 0;
        }

        int whole = buffer.Count;
        Encode(tokenizer, prompt, field, buffer);
        var apart = buffer.Ids[whole..];
        int end = buffer.Ids[..whole].CommonPrefixLength(apart[..WordsOf(tokenizer, apart)]);
        buffer.Truncate(whole);
        return end;
    }

    /// <summary>Appends the ids of prompt and text.</summary>
    public static void Encode(ITokenizer tokenizer, string prompt, ReadOnlySpan<char> text, TokenBuffer buffer)
    {
        if (prompt.Length == 0)
        {
            tokenizer.Encode(text, buffer);
        }
        else
        {
            tokenizer.Encode(string.Concat(prompt, text), buffer);
        }
    }

    private static int WordsOf(ITokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        if (tokenizer is not GramTokenizer grams)
        {
            return ids.Length;
        }

        int words = 0;
        while (words < ids.Length && ids[words] < grams.Inner.VocabularySize)
        {
            words++;
        }

        return words;
    }
}
