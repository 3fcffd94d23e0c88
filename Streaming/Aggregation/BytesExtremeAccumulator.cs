using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>The smallest or greatest texts or bytes, by their bytes: of UTF-8 that is the order of code points.</summary>
/// <param name="argument">Place of the column.</param>
/// <param name="type">Its type.</param>
/// <param name="isMax">Whether the greatest one is wanted.</param>
internal sealed class BytesExtremeAccumulator(int argument, ArrowType type, bool isMax) : Accumulator
{
    private const int ArrayOverheadBytes = 24;
    private byte[]?[] _states = [];
    private long _bytes;

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [type];

    public override long ByteCount => _states.Length * 8L + _bytes;

    public override void Reserve(int count)
    {
        if (_states.Length < count)
        {
            Array.Resize(ref _states, Math.Max(count, _states.Length * 2));
        }
    }

    public override void Add(RecordBatch batch, ReadOnlySpan<int> groups) => Take(batch.Column(argument), groups);

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups) => Take(partial[0], groups);

    public override void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var group in groups)
        {
            if (group >= 0)
            {
                _bytes -= _states[group] is { } held ? held.Length + ArrayOverheadBytes : 0;
                _states[group] = null;
            }
        }
    }

    public override void Clear()
    {
        Array.Clear(_states);
        _bytes = 0;
    }

    public override void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders) => WriteResult(groups, builders[0]);

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        foreach (var group in groups)
        {
            if (_states[group] is { } value)
            {
                ArrowBytes.Append(builder, value);
            }
            else
            {
                builder.AppendNull();
            }
        }
    }

    private void Take(ArrowArray array, ReadOnlySpan<int> groups)
    {
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] < 0 || array.IsNull(row))
            {
                continue;
            }

            var value = ArrowBytes.Of(array, row);
            ref var state = ref _states[groups[row]];
            if (state is null)
            {
                state = value.ToArray();
                _bytes += value.Length + ArrayOverheadBytes;
                continue;
            }

            var order = value.SequenceCompareTo(state);
            if (isMax ? order > 0 : order < 0)
            {
                _bytes += value.Length - state.Length;

                // Most values are as long as the one before, which nobody else holds.
                if (value.Length == state.Length)
                {
                    value.CopyTo(state);
                }
                else
                {
                    state = value.ToArray();
                }
            }
        }
    }
}
