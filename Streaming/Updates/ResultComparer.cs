using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Tells which results differ from those before. One caller at a time.</summary>
/// <param name="types">Types of the results.</param>
/// <param name="firstColumn">Place of the first one.</param>
/// <exception cref="NotSupportedException">Values of a type cannot be compared.</exception>
internal sealed class ResultComparer(IReadOnlyList<ArrowType> types, int firstColumn)
{
    private readonly KeyColumn[] _before = [.. types.Select(KeyColumn.Of)];
    private readonly KeyColumn[] _after = [.. types.Select(KeyColumn.Of)];
    private byte[] _scratch = new byte[256];

    /// <summary>Compares rows one by one.</summary>
    /// <param name="before">Columns of the rows before.</param>
    /// <param name="after">As many columns and rows.</param>
    /// <param name="isOther">Is set for each row that differs; as long as the columns.</param>
    public void Compare(ArrowArray[] before, ArrowArray[] after, Span<bool> isOther)
    {
        for (var column = 0; column < _before.Length; column++)
        {
            _before[column].Begin(before[firstColumn + column]);
            _after[column].Begin(after[firstColumn + column]);
            for (var row = 0; row < isOther.Length; row++)
            {
                isOther[row] |= !IsSame(_before[column], _after[column], row);
            }
        }
    }

    private bool IsSame(KeyColumn before, KeyColumn after, int row)
    {
        var (one, other) = (before.SizeOf(row), after.SizeOf(row));
        if (_scratch.Length < one + other)
        {
            _scratch = new byte[(one + other) * 2];
        }

        one = before.Write(row, _scratch);
        other = after.Write(row, _scratch.AsSpan(one));
        return _scratch.AsSpan(0, one).SequenceEqual(_scratch.AsSpan(one, other));
    }
}
