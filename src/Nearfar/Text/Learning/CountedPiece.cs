namespace Nearfar.Text.Learning;

/// <summary>A word of the training texts and how often it occurs.</summary>
internal readonly record struct CountedPiece(string Piece, long Count);
