using Nearfar.Vectors;

namespace Nearfar.Training;

/// <summary>Rows of length 1, the same bits on every instruction set.</summary>
internal static class UnitRows
{
    /// <summary>Divides every row by its length; a zero row stays zero.</summary>
    /// <param name="rows">The stride a multiple of 16, zeros behind the row.</param>
    public static unsafe void Make(Rows<float> rows)
    {
        fixed (float* data = rows.Data.Span)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                float* row = data + ((long)i * rows.Stride);
                float square = Lanes.Dot(row, row, rows.Stride);
                float inverse = square > 0 ? 1 / MathF.Sqrt(square) : 0;
                for (int k = 0; k < rows.Stride; k++)
                {
                    row[k] *= inverse;
                }
            }
        }
    }
}
