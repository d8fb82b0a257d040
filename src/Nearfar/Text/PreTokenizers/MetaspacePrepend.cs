namespace Nearfar.Text.PreTokenizers;

/// <summary>Where a text gets the visible space that it does not have.</summary>
internal enum MetaspacePrepend
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>At the very beginning.</summary>
    First,

    /// <summary>At the beginning and behind each added token.</summary>
    Always,
}
