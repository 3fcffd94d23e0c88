using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>The states of one aggregate for many groups, side by side. One caller at a time.</summary>
/// <remarks>Numbers of groups that are negative are rows that do not count. Every method but <see cref="Reserve"/> needs room for the groups that it is given.</remarks>
internal abstract class Accumulator
{
    /// <summary>The columns of a partial state, in order.</summary>
    public abstract IReadOnlyList<ArrowType> PartialTypes { get; }

    /// <summary>Bytes that the states take.</summary>
    public abstract long ByteCount { get; }

    /// <summary>Makes room; new states are those of no rows.</summary>
    /// <param name="count">Number of groups.</param>
    public abstract void Reserve(int count);

    /// <summary>Adds rows to their groups.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="groups">The group of each row.</param>
    public abstract void Add(RecordBatch batch, ReadOnlySpan<int> groups);

    /// <summary>Adds partial states to groups.</summary>
    /// <param name="partial">Columns of <see cref="PartialTypes"/>.</param>
    /// <param name="groups">The group of each row of them.</param>
    public abstract void Merge(ReadOnlySpan<ArrowArray> partial, ReadOnlySpan<int> groups);

    /// <summary>Makes groups those of no rows again.</summary>
    public abstract void Reset(ReadOnlySpan<int> groups);

    /// <summary>Makes all groups those of no rows again.</summary>
    public abstract void Clear();

    /// <summary>Appends the partial states of groups.</summary>
    /// <param name="groups">Which ones; none negative.</param>
    /// <param name="builders">Builders of <see cref="PartialTypes"/>.</param>
    public abstract void WritePartial(ReadOnlySpan<int> groups, ReadOnlySpan<ArrowArrayBuilder> builders);

    /// <summary>Appends the results of groups.</summary>
    /// <param name="groups">Which ones; none negative.</param>
    /// <param name="builder">A builder of the result's type.</param>
    public abstract void WriteResult(ReadOnlySpan<int> groups, ArrowArrayBuilder builder);

    /// <summary>The states of an aggregate.</summary>
    /// <exception cref="NotSupportedException">The aggregate does not take such values; the message names both.</exception>
    public static Accumulator Create(AggregateSpec spec)
    {
        var argument = spec.Argument ?? -1;
        return spec.Kind switch
        {
            AggregateKind.Count => new CountAccumulator(argument),
            AggregateKind.Sum when IsWhole(spec.ArgumentType) => new WholeSumAccumulator(argument, isMean: false, scale: 0),
            AggregateKind.Sum when spec.ArgumentType is FloatingPointType => new DoubleSumAccumulator(argument, isMean: false),
            AggregateKind.Average when IsWhole(spec.ArgumentType) => new WholeSumAccumulator(argument, isMean: true, (spec.ArgumentType as DecimalType)?.Scale ?? 0),
            AggregateKind.Average when spec.ArgumentType is FloatingPointType => new DoubleSumAccumulator(argument, isMean: true),
            AggregateKind.Min or AggregateKind.Max when spec.ArgumentType is { } type => ExtremeAccumulator.Create(argument, type, spec.Kind == AggregateKind.Max),
            AggregateKind.And or AggregateKind.Or when spec.ArgumentType is BooleanType => ExtremeAccumulator.Create(argument, spec.ArgumentType, spec.Kind == AggregateKind.Or),
            AggregateKind.VariancePopulation or AggregateKind.VarianceSample or AggregateKind.DeviationPopulation or AggregateKind.DeviationSample when NumberReader.IsSupported(spec.ArgumentType) =>
                new MomentsAccumulator(argument, spec.Kind),
            _ => throw new NotSupportedException($"There is no {spec.Kind} of {spec.ArgumentType?.Name ?? "nothing"}."),
        };
    }

    private static bool IsWhole(ArrowType? type) => type is IntegerType or DecimalType { FixedBitWidth: <= 128 };
}
