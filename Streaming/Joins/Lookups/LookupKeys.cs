using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Aggregation;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>The different keys of a batch. One caller at a time.</summary>
/// <param name="places">Places of the key's columns.</param>
/// <param name="types">Their types.</param>
internal sealed class LookupKeys(IReadOnlyList<int> places, IReadOnlyList<ArrowType> types)
{
    private readonly KeyColumn[] _columns = [.. types.Select(KeyColumn.Of)];
    private readonly Dictionary<byte[], int> _numbers = new(KeyBytes.Comparer);
    private byte[] _scratch = new byte[256];

    /// <summary>Numbers the keys of rows in the order in which they come.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="numbers">As long as the batch; gets the number of each row's key, or -1 where a part of it is null.</param>
    /// <returns>The bytes of each key, and the first row that has it.</returns>
    public (List<byte[]> Keys, List<int> FirstRows) Number(RecordBatch batch, Span<int> numbers)
    {
        var (keys, firstRows) = (new List<byte[]>(), new List<int>());
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i].Begin(batch.Column(places[i]));
        }

        _numbers.Clear();
        var known = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (HasNull(batch, row))
            {
                numbers[row] = -1;
                continue;
            }

            var bytes = Encode(row);
            if (!known.TryGetValue(bytes, out var number))
            {
                number = keys.Count;
                var key = bytes.ToArray();
                _numbers.Add(key, number);
                keys.Add(key);
                firstRows.Add(row);
            }

            numbers[row] = number;
        }

        return (keys, firstRows);
    }

    private bool HasNull(RecordBatch batch, int row)
    {
        foreach (var place in places)
        {
            if (batch.Column(place).IsNull(row))
            {
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<byte> Encode(int row)
    {
        var size = 0;
        foreach (var column in _columns)
        {
            size += column.SizeOf(row);
        }

        if (_scratch.Length < size)
        {
            _scratch = new byte[size * 2];
        }

        var written = 0;
        foreach (var column in _columns)
        {
            written += column.Write(row, _scratch.AsSpan(written));
        }

        return _scratch.AsSpan(0, written);
    }
}
