using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Counts rows, or values that are not null.</summary>
/// <param name="argument">Place of the column; negative for rows.</param>
internal sealed class CountAccumulator(int argument) : Accumulator
{
    private long[] _counts = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [ArrowType.Int64];

    public override long ByteCount => _counts.Length * (long)sizeof(long);

    /// <summary>The count of a group.</summary>
    public long CountOf(int group) => _counts[group];

    public override void Reserve(int count)
    {
        if (_counts.Length < count)
        {
            HugePages.Resize(ref _counts, Math.Max(count, _counts.Length * 2));
        }
    }

    public override void Add(RecordBatch batch, ReadOnlySpan<int> groups)
    {
        var counts = _counts;
        var column = argument < 0 ? null : batch.Column(argument);
        if (column is { MayHaveNulls: true })
        {
            for (var row = 0; row < groups.Length; row++)
            {
                if (groups[row] >= 0 && column.IsValid(row))
                {
                    counts[groups[row]]++;
                }
            }

            return;
        }

        foreach (var group in groups)
        {
            // A negative number is past the end, too: one comparison instead of two.
            if ((uint)group < (uint)counts.Length)
            {
                counts[group]++;
            }
        }
    }

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups)
    {
        var counts = ((Int64Array)partial[0]).Values;
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0)
            {
                _counts[groups[row]] += counts[row];
            }
        }
    }

    public override void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var group in groups)
        {
            if (group >= 0)
            {
                _counts[group] = 0;
            }
        }
    }

    public override void Clear() => Array.Clear(_counts);

    public override void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders) => WriteResult(groups, builders[0]);

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var target = (PrimitiveBuilder<long>)builder;
        if (GroupRange.TryGet(groups) is { } range)
        {
            target.AppendRange(_counts.AsSpan(range));
            return;
        }

        foreach (var group in groups)
        {
            target.Append(_counts[group]);
        }
    }
}
