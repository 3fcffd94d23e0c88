using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>The numbers 0, 1, 2, ..., each once over all subtasks, at a rate; the same numbers whatever the parallelism, also when it changes.</summary>
/// <param name="config">How many, how fast, with which event times.</param>
public sealed class ImpulseSource(ImpulseConfig config) : NumberedSource("i", config.EventRate, config.MessageCount)
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "impulse";

    /// <summary>The rows: counter, subtask_index, event time.</summary>
    public static readonly ArrowSchema Schema = new(
        new ArrowField("counter", ArrowType.Int64, isNullable: false), new ArrowField("subtask_index", ArrowType.Int64, isNullable: false), EventTime.Field);

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!Schema.Equals(context.OutputSchema) || config.EventRate < 0 || config.EventTimeIntervalMicros < 0 || config.MessageCount < 0)
        {
            throw new FlowException(
                FlowErrorCode.BadGraph, $"Impulse '{context.OperatorId}' makes ({Schema}), not ({context.OutputSchema}), and rate ({config.EventRate}), interval ({config.EventTimeIntervalMicros}) and count ({config.MessageCount}) are not negative.");
        }

        return StartAsync(context, config.HasStartTimeMicros ? config.StartTimeMicros : null, cancellationToken);
    }

    private protected override void Add(RecordBatchBuilder rows, long first, long stride, int count, TimeProvider clock)
    {
        var (counters, indices, times) = (rows.Column<Int64Builder>(0), rows.Column<Int64Builder>(1), rows.Column<TimestampBuilder>(2));
        var now = config.EventTimeIntervalMicros == 0 ? clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000 : 0;
        for (var i = 0; i < count; i++)
        {
            var number = first + (i * stride);
            counters.Append(number);
            indices.Append(Index);
            times.Append(config.EventTimeIntervalMicros == 0 ? now : StartMicros + (number * config.EventTimeIntervalMicros));
        }
    }
}
