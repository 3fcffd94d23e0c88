using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>The smallest (and) or greatest (or) of bools.</summary>
/// <param name="argument">Place of the column.</param>
/// <param name="isMax">Whether one true is enough.</param>
internal sealed class BooleanExtremeAccumulator(int argument, bool isMax) : Accumulator
{
    // 0: no value; 1: false; 2: true.
    private byte[] _states = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [ArrowType.Boolean];

    public override long ByteCount => _states.Length;

    public override void Reserve(int count)
    {
        if (_states.Length < count)
        {
            HugePages.Resize(ref _states, Math.Max(count, _states.Length * 2));
        }
    }

    public override void Add(RecordBatch batch, ReadOnlySpan<int> groups) => Take((BooleanArray)batch.Column(argument), groups);

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups) => Take((BooleanArray)partial[0], groups);

    public override void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var group in groups)
        {
            if (group >= 0)
            {
                _states[group] = 0;
            }
        }
    }

    public override void Clear() => Array.Clear(_states);

    public override void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders) => WriteResult(groups, builders[0]);

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var target = (BooleanBuilder)builder;
        foreach (var group in groups)
        {
            target.Append(_states[group] == 0 ? null : _states[group] == 2);
        }
    }

    private void Take(BooleanArray array, ReadOnlySpan<int> groups)
    {
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0 && array.IsValid(row))
            {
                ref var state = ref _states[groups[row]];
                var value = (byte)(array.GetBoolean(row) ? 2 : 1);
                state = state == 0 ? value : isMax ? Math.Max(state, value) : Math.Min(state, value);
            }
        }
    }
}
