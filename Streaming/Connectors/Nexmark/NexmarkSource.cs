using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Nexmark;

/// <summary>The events of an auction house: of each 50 one is a person that comes, three are auctions that open, the others bids. Event number n is the same in every run of a seed.</summary>
/// <remarks>After the public Nexmark benchmark: Tucker et al., "NEXMark - A Benchmark for Queries over Data Streams", 2002, and the ratios that its later versions agreed on.</remarks>
/// <param name="config">How many, how fast, with which seed and event times.</param>
public sealed class NexmarkSource(NexmarkConfig config) : NumberedSource("s", config.EventRate, config.EventCount)
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "nexmark";

    private readonly NexmarkEvents _events = new(config.Seed);

    /// <summary>The rows: person, auction, bid, of which one is not null, and the event time.</summary>
    public static ArrowSchema Schema => NexmarkEvents.Schema;

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!Schema.Equals(context.OutputSchema) || config.EventRate < 0 || config.EventCount < 0 || config.EventTimeIntervalMicros <= 0)
        {
            throw new FlowException(
                FlowErrorCode.BadGraph, $"Nexmark '{context.OperatorId}' makes ({Schema}), not ({context.OutputSchema}); rate ({config.EventRate}) and count ({config.EventCount}) are not negative, the interval ({config.EventTimeIntervalMicros}) is more than zero.");
        }

        return StartAsync(context, config.HasStartTimeMicros ? config.StartTimeMicros : null, cancellationToken);
    }

    private protected override void Add(RecordBatchBuilder rows, long first, long stride, int count, TimeProvider clock)
    {
        for (var i = 0; i < count; i++)
        {
            var number = first + (i * stride);
            _events.Add(rows, number, StartMicros + (number * config.EventTimeIntervalMicros));
        }
    }
}
