using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Groups rows by windows of event time, and gives a window out when the watermark has reached its end. What is open is in the table <c>t</c>.</summary>
public sealed class WindowOperator : EventWindowOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "window";

    private const string TimeColumn = "_timestamp";

    private WindowOperator(Func<ArrowAllocator, EventWindows> make)
        : base(make)
    {
    }

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its input and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>), or a width is wrong (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static WindowOperator Create(OperatorDefinition definition, WindowConfig config)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            var shape = ShapeOf(definition, config);
            Func<ArrowAllocator, EventWindows> make = config.WindowCase switch
            {
                WindowConfig.WindowOneofCase.Tumbling => allocator => new TumblingWindows(shape, Span(config.Tumbling.WidthMicros), allocator),
                WindowConfig.WindowOneofCase.Hopping => allocator => new HoppingWindows(shape, Span(config.Hopping.SlideMicros), Span(config.Hopping.WidthMicros), allocator),
                WindowConfig.WindowOneofCase.Session => allocator => new SessionWindows(shape, Span(config.Session.GapMicros), allocator),
                WindowConfig.WindowOneofCase.Cumulating => allocator => new CumulatingWindows(shape, Span(config.Cumulating.StepMicros), Span(config.Cumulating.WidthMicros), allocator),
                _ => throw new ArgumentException("no window is set"),
            };

            // Once for its checks.
            make(ArrowAllocator.Default).Dispose();
            return shape.Output().Equals(definition.OutputSchema)
                ? new WindowOperator(make)
                : throw new ArgumentException($"the rows that come out are ({shape.Output()}), and the program says ({definition.OutputSchema})");
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Window operator '{definition.Id}': {exception.Message}", exception);
        }
    }

    /// <summary>The rows that come out of a window.</summary>
    /// <param name="input">The rows that come in, with their event time.</param>
    /// <param name="config">The window.</param>
    /// <param name="names">Names of the results.</param>
    /// <param name="resultTypes">Their types.</param>
    public static ArrowSchema OutputOf(ArrowSchema input, WindowConfig config, IReadOnlyList<string> names, IReadOnlyList<ArrowType> resultTypes)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(config);
        return Shape(input, config, names, resultTypes).Output();
    }

    /// <summary>The rows of its second output: those that come too late.</summary>
    /// <param name="input">The rows that come in, with their event time.</param>
    /// <param name="config">The window; its late columns say what is wanted of them.</param>
    public static ArrowSchema LateOf(ArrowSchema input, WindowConfig config)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(config);
        return new ArrowSchema([.. config.LateColumns.Select(column => input.Fields[(int)column]), input.Fields[input.IndexOf(TimeColumn)]]);
    }

    /// <summary>The shape of a window in a program.</summary>
    /// <exception cref="ArgumentException">The config does not fit the rows.</exception>
    internal static WindowShape ShapeOf(OperatorDefinition definition, WindowConfig config)
    {
        var input = definition.InputSchemas is [{ } only, ..] ? only : throw new ArgumentException("the program does not say what rows come in");
        var output = definition.OutputSchema ?? throw new ArgumentException("the program does not say what rows come out");
        var (keyCount, count) = (config.KeyColumns.Count, config.Aggregates.Count);
        if (output.Fields.Count < keyCount + count)
        {
            throw new ArgumentException($"{output.Fields.Count} columns come out, which are too few for {keyCount} of the key and {count} results");
        }

        var results = output.Fields.Skip(keyCount).Take(count).ToList();
        return Shape(input, config, [.. results.Select(field => field.Name)], [.. results.Select(field => field.Type)]);
    }

    /// <summary>What is grouped by a window, and what comes out.</summary>
    internal static WindowShape Shape(ArrowSchema input, WindowConfig config, IReadOnlyList<string> names, IReadOnlyList<ArrowType> resultTypes) => new()
    {
        Input = input,
        TimeColumn = input.TryIndexOf(TimeColumn) is var time and >= 0 ? time : throw new ArgumentException($"the rows that come in have no column {TimeColumn}"),
        KeyColumns = [.. config.KeyColumns.Select(column => (int)column)],
        Aggregates = [.. config.Aggregates.Select((aggregate, place) => SpecOf(input, aggregate, resultTypes[place]))],
        Names = names,
        LateColumns = [.. config.LateColumns.Select(column => (int)column)],
    };

    /// <summary>An aggregate as it is told.</summary>
    internal static AggregateSpec SpecOf(ArrowSchema input, WindowAggregate aggregate, ArrowType resultType)
    {
        int? argument = aggregate.HasArgument ? (int)aggregate.Argument : null;
        if (argument >= input.Fields.Count)
        {
            throw new ArgumentException($"there is no column {argument} to aggregate; the rows have {input.Fields.Count}");
        }

        var kind = aggregate.Kind == WindowAggregateKind.Unspecified ? throw new ArgumentException("an aggregate has no kind") : (AggregateKind)(aggregate.Kind - 1);
        return new AggregateSpec(kind, argument, argument is { } place ? input.Fields[place].Type : null, resultType) { Filter = aggregate.HasFilter ? (int)aggregate.Filter : null };
    }

    /// <summary>A width as it is told.</summary>
    internal static TimeSpan Span(long micros) =>
        micros > 0 && micros <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond ? TimeSpan.FromTicks(micros * TimeSpan.TicksPerMicrosecond) : throw new ArgumentException($"a width is {micros} us; it has to be above 0");
}
