using System.Buffers;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>The states of several aggregates for the same groups. One caller at a time.</summary>
/// <param name="specs">The aggregates.</param>
/// <param name="allocator">Where columns come from.</param>
internal sealed class AccumulatorSet(IReadOnlyList<AggregateSpec> specs, ArrowAllocator allocator)
{
    private readonly Accumulator[] _accumulators = [.. specs.Select(Accumulator.Create)];
    private readonly int _rowCount = specs.Index().Where(spec => spec.Item.IsRowCount).Select(spec => spec.Index).DefaultIfEmpty(-1).First();

    /// <summary>Types of the columns of a partial state of all aggregates.</summary>
    public IReadOnlyList<ArrowType> PartialTypes => [.. _accumulators.SelectMany(accumulator => accumulator.PartialTypes)];

    /// <summary>Bytes of the states.</summary>
    public long ByteCount
    {
        get
        {
            var sum = 0L;
            foreach (var accumulator in _accumulators)
            {
                sum += accumulator.ByteCount;
            }

            return sum;
        }
    }

    /// <summary>Makes room for groups; new ones are those of no rows.</summary>
    public void Reserve(int count)
    {
        foreach (var accumulator in _accumulators)
        {
            accumulator.Reserve(count);
        }
    }

    /// <summary>Adds rows to their groups; a negative one is left out.</summary>
    public void Add(RecordBatch batch, ReadOnlySpan<int> groups)
    {
        for (var i = 0; i < _accumulators.Length; i++)
        {
            if (specs[i].Filter is { } filter)
            {
                AddFiltered(_accumulators[i], batch, (BooleanArray)batch.Column(filter), groups);
            }
            else
            {
                _accumulators[i].Add(batch, groups);
            }
        }
    }

    /// <summary>Adds partial states to their groups; a negative one is left out.</summary>
    /// <param name="partials">The states.</param>
    /// <param name="firstColumn">Place of their first column.</param>
    /// <param name="groups">The group of each row.</param>
    public void Merge(RecordBatch partials, int firstColumn, ReadOnlySpan<int> groups)
    {
        var columns = new ArrowArray[3];
        foreach (var accumulator in _accumulators)
        {
            var count = accumulator.PartialTypes.Count;
            for (var i = 0; i < count; i++)
            {
                columns[i] = partials.Column(firstColumn++);
            }

            accumulator.Merge(columns.AsSpan(0, count), groups);
        }
    }

    /// <summary>Makes groups those of no rows; a negative one is left out.</summary>
    public void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var accumulator in _accumulators)
        {
            accumulator.Reset(groups);
        }
    }

    /// <summary>Makes all groups those of no rows.</summary>
    public void Clear()
    {
        foreach (var accumulator in _accumulators)
        {
            accumulator.Clear();
        }
    }

    /// <summary>The partial states of groups, as columns that the caller owns.</summary>
    public ArrowArray[] Partials(ReadOnlySpan<int> groups) => Partials(groups, allocator);

    /// <summary>The partial states of groups, as columns of another allocator that the caller owns.</summary>
    /// <param name="groups">Which groups.</param>
    /// <param name="into">Where the columns come from.</param>
    public ArrowArray[] Partials(ReadOnlySpan<int> groups, ArrowAllocator into)
    {
        var builders = new List<ArrowArrayBuilder>();
        try
        {
            foreach (var accumulator in _accumulators)
            {
                var first = builders.Count;
                builders.AddRange(accumulator.PartialTypes.Select(type => ArrowArrayBuilder.Create(type, into)));
                accumulator.WritePartial(groups, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(builders)[first..]);
            }

            return ArrowColumns.Build(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(builders));
        }
        finally
        {
            builders.ForEach(builder => builder.Dispose());
        }
    }

    /// <summary>The results of groups, as columns that the caller owns.</summary>
    /// <param name="groups">Which groups.</param>
    /// <param name="resultCount">How many of the aggregates are wanted: the first ones.</param>
    /// <exception cref="OverflowException">A sum does not fit its type.</exception>
    public ArrowArray[] Results(ReadOnlySpan<int> groups, int resultCount)
    {
        var builders = new List<ArrowArrayBuilder>();
        try
        {
            for (var i = 0; i < resultCount; i++)
            {
                builders.Add(ArrowArrayBuilder.Create(specs[i].ResultType, allocator));
                _accumulators[i].WriteResult(groups, builders[i]);
            }

            return ArrowColumns.Build(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(builders));
        }
        finally
        {
            builders.ForEach(builder => builder.Dispose());
        }
    }

    /// <summary>The groups below a number that have rows; one of the aggregates has to be their count.</summary>
    public int[] GroupsWithRows(int count)
    {
        var counts = (CountAccumulator)_accumulators[_rowCount];
        var groups = new int[count];
        var found = 0;
        for (var group = 0; group < count; group++)
        {
            if (counts.CountOf(group) > 0)
            {
                groups[found++] = group;
            }
        }

        Array.Resize(ref groups, found);
        return groups;
    }

    private static void AddFiltered(Accumulator accumulator, RecordBatch batch, BooleanArray filter, ReadOnlySpan<int> groups)
    {
        var some = ArrayPool<int>.Shared.Rent(groups.Length);
        try
        {
            for (var row = 0; row < groups.Length; row++)
            {
                some[row] = filter.IsValid(row) && filter.GetBoolean(row) ? groups[row] : -1;
            }

            accumulator.Add(batch, some.AsSpan(0, groups.Length));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(some);
        }
    }
}
