using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Count, mean and sum of squared distances from the mean.</summary>
/// <remarks>Added one by one as by Welford (Technometrics 4, 1962), merged as by Chan, Golub and LeVeque (The American Statistician 37, 1983).</remarks>
/// <param name="argument">Place of the column.</param>
/// <param name="kind">Which of them is the result.</param>
internal sealed class MomentsAccumulator(int argument, AggregateKind kind) : Accumulator
{
    private State[] _states = [];

    public override IReadOnlyList<ArrowType> PartialTypes { get; } = [ArrowType.Int64, ArrowType.Float64, ArrowType.Float64];

    public override long ByteCount => _states.Length * 24L;

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
        var counts = ((Int64Array)partial[0]).Values;
        var means = ((DoubleArray)partial[1]).Values;
        var squares = ((DoubleArray)partial[2]).Values;
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0 && counts[row] > 0)
            {
                ref var state = ref _states[groups[row]];
                var count = state.Count + counts[row];
                var distance = means[row] - state.Mean;
                state.Squares += squares[row] + distance * distance * ((double)state.Count * counts[row] / count);
                state.Mean += distance * counts[row] / count;
                state.Count = count;
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
        var (counts, means, squares) = ((PrimitiveBuilder<long>)builders[0], (PrimitiveBuilder<double>)builders[1], (PrimitiveBuilder<double>)builders[2]);
        foreach (var group in groups)
        {
            counts.Append(_states[group].Count);
            means.Append(_states[group].Mean);
            squares.Append(_states[group].Squares);
        }
    }

    public override void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder)
    {
        var target = (PrimitiveBuilder<double>)builder;
        var isSample = kind is AggregateKind.VarianceSample or AggregateKind.DeviationSample;
        foreach (var group in groups)
        {
            ref readonly var state = ref _states[group];
            var divisor = state.Count - (isSample ? 1 : 0);
            if (divisor <= 0)
            {
                target.AppendNull();
                continue;
            }

            var variance = state.Squares / divisor;
            target.Append(kind is AggregateKind.DeviationPopulation or AggregateKind.DeviationSample ? Math.Sqrt(variance) : variance);
        }
    }

    private struct State
    {
        public long Count;
        public double Mean;
        public double Squares;
    }

    private readonly struct Sink(State[] states) : INumberSink<double>
    {
        public void Take(int group, double value)
        {
            ref var state = ref states[group];
            state.Count++;
            var distance = value - state.Mean;
            state.Mean += distance / state.Count;
            state.Squares += distance * (value - state.Mean);
        }
    }
}
