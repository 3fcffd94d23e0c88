using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Streams;

/// <summary>
/// Reads streams of Orleans, each by one subtask. Events come beside the engine's calls into a bounded queue. The place behind the last event that was given out is in each
/// checkpoint, so that a restored source subscribes behind it: exactly once as long as the provider can be rewound and still keeps what follows.
/// </summary>
/// <param name="config">Which streams.</param>
/// <param name="streams">The host's; null when it has none.</param>
public sealed class OrleansSource(OrleansSourceConfig config, IEventStreams? streams) : StreamSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "orleans_source";

    private const int QueueMax = 1_024;
    private const int BatchRows = 1_000;

    private readonly List<OrleansLane> _lanes = [];
    private IGlobalTable? _table;
    private MessageDecoder? _decoder;
    private MessageColumns? _metadata;
    private BadRecords? _bad;
    private OrleansLane? _current;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Keys.Count == 0 || config.Format is null || context.OutputSchema is not { Fields.Count: > 0 } schema)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The source '{context.OperatorId}' of streams needs keys, a format and columns.");
        }

        if (streams is null)
        {
            throw OrleansSink.NoStreams($"Source '{context.OperatorId}' reads");
        }

        _metadata = config.Metadata.Count == 0 ? null : new MessageColumns(context.OperatorId, schema, config.Metadata, context.Allocator);
        _decoder = new MessageDecoder(config.Format, _metadata?.Data ?? schema, context.Allocator);
        _bad = new BadRecords(context.OperatorId, config.Format.DropsBadData, context.Clock);
        _table = await context.State.OpenGlobalAsync("o", 1, cancellationToken);
        for (var i = 0; i < config.Keys.Count; i++)
        {
            var name = new EventStreamName(config.Provider, config.Namespace, config.Keys[i], config.Event);
            var key = Encoding.UTF8.GetBytes(name.Key);
            if (i % context.Parallelism != context.SubtaskIndex)
            {
                // Of another subtask from now on: it alone knows where the stream stands.
                _table.Remove(key);
                continue;
            }

            _lanes.Add(new OrleansLane(name, key, _table.TryGet(key, out var stored) ? OrleansPosition.Parser.ParseFrom(stored.Span) : new OrleansPosition()));
        }
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var arrivals = Channel.CreateBounded<OrleansArrival>(QueueMax);
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            foreach (var lane in _lanes)
            {
                if (!lane.Position.IsDone)
                {
                    lane.Subscription = await streams!.SubscribeAsync(lane.Name, lane.Position.Token.Memory, new OrleansReceiver(lane, arrivals.Writer, closing.Token), cancellationToken);
                }
            }

            while (_lanes.Exists(static lane => !lane.Position.IsDone))
            {
                var arrival = arrivals.Reader.WaitToReadAsync(cancellationToken).AsTask();
                if (await context.WaitForAsync(arrival, cancellationToken) is { } end)
                {
                    return end;
                }

                await arrival;
                await GiveAsync(context, arrivals.Reader, cancellationToken);
            }

            return SourceEnd.Final;
        }
        finally
        {
            // What waits for room goes back to the stream.
            await closing.CancelAsync();
            await UnsubscribeAsync();
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var lane in _lanes)
        {
            if (lane.TryNote())
            {
                _table!.Put(lane.Key, lane.Position.ToByteArray());
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _decoder?.Dispose();
        _metadata?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Gives out what has come. Behind it the places and the rows agree, so that a checkpoint may be taken.</summary>
    private async ValueTask GiveAsync(SourceContext context, ChannelReader<OrleansArrival> arrivals, CancellationToken cancellationToken)
    {
        while (_decoder!.HeldRowCount < BatchRows && arrivals.TryRead(out var arrival))
        {
            _current = arrival.Lane;
            if (arrival.Failure is { } failure)
            {
                await MeetAsync(context.Operator, arrival.Lane.Name, failure, arrival.IsGap, cancellationToken);
                continue;
            }

            if (arrival.IsEnd)
            {
                arrival.Lane.End();
                continue;
            }

            _decoder.Add(arrival.Record.Span, Refuse);
            _metadata?.Fill(_decoder, new MessageOrigin
            {
                ReceivedMicros = context.Operator.Clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000,
                Key = arrival.Lane.Name.Key,
                Namespace = arrival.Lane.Name.Namespace.Length > 0 ? arrival.Lane.Name.Namespace : null,
                Provider = arrival.Lane.Name.Provider,
            });
            arrival.Lane.Reach(arrival.Token);
        }

        await _bad!.TellAsync(context.Operator.ReportErrorAsync, cancellationToken);
        if ((_metadata is null ? _decoder.Build() : _metadata.Build(_decoder)) is { } batch)
        {
            await context.EmitAsync(batch, cancellationToken);
        }
    }

    private ValueTask MeetAsync(OperatorContext context, EventStreamName stream, Exception failure, bool isGap, CancellationToken cancellationToken)
    {
        var met = isGap
            ? new FlowException(
                FlowErrorCode.DataFileMissing, $"Source '{context.OperatorId}' misses events of stream {stream}: those behind its checkpoint are no longer kept ({failure.Message}). With on_gap = 'skip' it goes on with the oldest that is kept.", failure)
            : new FlowException(FlowErrorCode.StoreUnavailable, $"Stream {stream} of source '{context.OperatorId}' failed: {failure.Message}", failure);
        return isGap && config.SkipsGaps ? context.ReportErrorAsync(met, cancellationToken) : throw met;
    }

    private void Refuse(BadRecordException problem) => _bad!.Meet($"event {_current!.Count + 1} of stream {_current.Name} in this run", problem);

    private async Task UnsubscribeAsync()
    {
        foreach (var lane in _lanes)
        {
            if (lane.Subscription is { } subscription)
            {
                lane.Subscription = null;
                try
                {
                    await subscription.DisposeAsync();
                }
                catch (Exception)
                {
                    // The runtime may be gone. A subscription that nobody answers for is dropped by the stream itself.
                }
            }
        }
    }
}
