using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Sums floating-point numbers, with their count; also gives means.</summary>
/// <param name="argument">Place of the column.</param>
/// <param name="isMean">Whether the result is the mean.</param>
internal sealed class DoubleSumAccumulator(int argument, bool isMean) : Accumulator
{
    private State[] _states = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [ArrowType.Float64, ArrowType.Int64];

    public override long ByteCount => _states.Length * 16L;

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
        NumberReader.Double(batch.Column(argument), groups, ref sink);
    }

    public override void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups)
    {
        var sums = ((DoubleArray)partial[0]).Values;
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
        var (sums, counts) = ((PrimitiveBuilder<double>)builders[0], (PrimitiveBuilder<long>)builders[1]);
        foreach (var group in groups)
        {
            sums.Append(_states[group].Sum);
            counts.Append(_states[group].Count);
        }
    }

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var target = (PrimitiveBuilder<double>)builder;
        foreach (var group in groups)
        {
            ref readonly var state = ref _states[group];
            if (state.Count == 0)
            {
                target.AppendNull();
            }
            else
            {
                target.Append(isMean ? state.Sum / state.Count : state.Sum);
            }
        }
    }

    private struct State
    {
        public double Sum;
        public long Count;
    }

    private readonly struct Sink(State[] states) : INumberSink<double>
    {
        public void Take(int group, double value)
        {
            ref var state = ref states[group];
            state.Sum += value;
            state.Count++;
        }
    }
}
