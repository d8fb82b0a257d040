namespace Nearfar;

/// <summary>Names of files made of texts that people wrote.</summary>
internal static class FileNames
{
    /// <summary>A text as part of a file's name: what is no letter, digit, hyphen, underscore or dot becomes a hyphen.</summary>
    public static string Of(string text) => string.Concat(text.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
}
