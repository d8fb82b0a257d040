using Nearfar.Text.Json;

namespace Nearfar.Text;

/// <summary>A token outside the model's reach, cut from the text before anything else.</summary>
/// <param name="Id">Its id; the model's, when the model knows the content.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="StripLeft">Swallows white space before it.</param>
/// <param name="StripRight">Swallows white space behind it.</param>
/// <param name="Normalized">Sought in the normalised text, itself normalised; else in the raw text.</param>
/// <param name="Special">Left out when ids are turned back into text; no matter for encoding.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special)
{
    public void Write(CanonicalJson json)
    {
        json.StartObject();
        json.Member("id", Id);
        json.Member("content", Content);
        json.Member("single_word", SingleWord);
        json.Member("lstrip", StripLeft);
        json.Member("rstrip", StripRight);
        json.Member("normalized", Normalized);
        json.Member("special", Special);
        json.EndObject();
    }
}
