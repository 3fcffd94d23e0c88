using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Sums whole numbers and decimals in 128 bits, with their count; also gives means.</summary>
/// <param name="argument">Place of the column.</param>
/// <param name="isMean">Whether the result is the mean.</param>
/// <param name="scale">Digits behind the point of the values; only means need them.</param>
internal sealed class WholeSumAccumulator(int argument, bool isMean, int scale) : Accumulator
{
    private const int SumDigits = 38;
    private State[] _states = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [ArrowType.Decimal128(SumDigits, 0), ArrowType.Int64];

    public override long ByteCount => _states.Length * 32L;

    public override void Reserve(int count)
    {
        if (_states.Length < count)
        {
            HugePages.Resize(ref _states, Math.Max(count, _states.Length * 2));
        }
    }

    public override void Add(RecordBatch batch, ReadOnlySpan<int> groups)
    {
        var sink = new Sink(_states);
        NumberReader.Whole(batch.Column(argument), groups, ref sink);
    }

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups)
    {
        var sums = ((Decimal128Array)partial[0]).Values;
        var counts = ((Int64Array)partial[1]).Values;
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0)
            {
                ref var state = ref _states[groups[row]];
                state.Sum += sums[row];
                state.Count += counts[row];
            }
        }
    }

    public override void Reset(ReadOnlySpan<int> groups)
    {
        foreach (var group in groups)
        {
            if (group >= 0)
            {
                _states[group] = default;
            }
        }
    }

    public override void Clear() => Array.Clear(_states);

    public override void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders)
    {
        var (sums, counts) = ((PrimitiveBuilder<Int128>)builders[0], (PrimitiveBuilder<long>)builders[1]);
        foreach (var group in groups)
        {
            sums.Append(_states[group].Sum);
            counts.Append(_states[group].Count);
        }
    }

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var unit = Math.Pow(10, scale);
        foreach (var group in groups)
        {
            ref readonly var state = ref _states[group];
            if (state.Count == 0)
            {
                builder.AppendNull();
            }
            else if (isMean)
            {
                ((PrimitiveBuilder<double>)builder).Append((double)state.Sum / unit / state.Count);
            }
            else if (builder is PrimitiveBuilder<Int128> wide)
            {
                wide.Append(state.Sum);
            }
            else if (builder is PrimitiveBuilder<long> narrow)
            {
                narrow.Append(checked((long)state.Sum));
            }
            else
            {
                ((PrimitiveBuilder<double>)builder).Append((double)state.Sum / unit);
            }
        }
    }

    private struct State
    {
        public Int128 Sum;
        public long Count;
    }

    private readonly struct Sink(State[] states) : INumberSink<Int128>
    {
        public void Take(int group, Int128 value)
        {
            ref var state = ref states[group];
            state.Sum += value;
            state.Count++;
        }
    }
}
