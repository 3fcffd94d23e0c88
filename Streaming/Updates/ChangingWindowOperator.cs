using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>
/// Groups rows by windows of event time whose results change: early results of open windows at an interval of the machine's time, the result at the watermark, and
/// corrections by rows that come late, but not too late, at most once a second. What windows hold, and whether it went out, is in the table <c>t</c>.
/// </summary>
public sealed class ChangingWindowOperator : EventWindowOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "changing_window";

    // Corrections are gathered for so long.
    private static readonly TimeSpan CorrectionInterval = TimeSpan.FromSeconds(1);

    private readonly int _ticksPerEarly;
    private int _ticks;

    private ChangingWindowOperator(Func<ArrowAllocator, ChangingEventWindows> make, TimeSpan early)
        : base(make)
    {
        _ticksPerEarly = (int)((early.Ticks + CorrectionInterval.Ticks - 1) / CorrectionInterval.Ticks);
        TickInterval = _ticksPerEarly > 0 ? early / _ticksPerEarly : CorrectionInterval;
    }

    /// <inheritdoc/>
    public override TimeSpan? TickInterval { get; }

    private ChangingEventWindows Changing => (ChangingEventWindows)Windows;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its input and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static ChangingWindowOperator Create(OperatorDefinition definition, ChangingWindowConfig config)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            var window = config.Window ?? throw new ArgumentException("no window is set");
            var shape = WindowOperator.ShapeOf(definition, window);
            var (lateness, early) = (SpanOrZero(config.AllowedLatenessMicros), SpanOrZero(config.EarlyIntervalMicros));

            // Once for its checks.
            using var made = Make(window, shape, lateness, ArrowAllocator.Default);
            return made.OutputSchema.Equals(definition.OutputSchema)
                ? new ChangingWindowOperator(allocator => Make(window, shape, lateness, allocator), early)
                : throw new ArgumentException($"the rows that come out are ({made.OutputSchema}), and the program says ({definition.OutputSchema})");
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or OverflowException)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Changing window operator '{definition.Id}': {exception.Message}", exception);
        }
    }

    /// <summary>The rows that come out of a window.</summary>
    /// <param name="input">The rows that come in, with their event time.</param>
    /// <param name="config">The window.</param>
    /// <param name="names">Names of the results.</param>
    /// <param name="resultTypes">Their types.</param>
    /// <exception cref="NotSupportedException">Rows of such types do not change: a type is no key, or results of it cannot be compared.</exception>
    public static ArrowSchema OutputOf(ArrowSchema input, WindowConfig config, IReadOnlyList<string> names, IReadOnlyList<ArrowType> resultTypes)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(config);
        using var made = Make(config, WindowOperator.Shape(input, config, names, resultTypes), TimeSpan.Zero, ArrowAllocator.Default);
        return made.OutputSchema;
    }

    /// <inheritdoc/>
    public override async ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        await EmitAsync(Changing.Correct(), output, cancellationToken);
        if (_ticksPerEarly > 0 && ++_ticks == _ticksPerEarly)
        {
            _ticks = 0;
            await EmitAsync(Changing.HandOutOpen(onlyGone: false), output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);

        // What a checkpoint has of a window has gone out, or nothing of it has: so what is taken back later is known from one row a group.
        await EmitAsync(Changing.Correct(), output, cancellationToken);
        await EmitAsync(Changing.HandOutOpen(onlyGone: true), output, cancellationToken);
        await base.OnBarrierAsync(barrier, output, cancellationToken);
    }

    private static ChangingEventWindows Make(WindowConfig window, WindowShape shape, TimeSpan lateness, ArrowAllocator allocator) =>
        window.WindowCase == WindowConfig.WindowOneofCase.Session
            ? new ChangingSessions(shape, WindowOperator.Span(window.Session.GapMicros), lateness, allocator)
            : new ChangingWindows(shape, WindowPanes.Of(window), lateness, allocator);

    private static TimeSpan SpanOrZero(long micros) => micros == 0 ? TimeSpan.Zero : WindowOperator.Span(micros);
}
