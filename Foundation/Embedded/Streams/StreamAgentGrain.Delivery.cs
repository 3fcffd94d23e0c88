using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Orleans.Embedded;

/// <content>Delivery to the consumers.</content>
internal sealed partial class StreamAgentGrain
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(20);

    private long FirstNumber => _nextNumber - _log.Count;

    private static void Rewind(StreamCursor cursor, long number, int index)
    {
        cursor.Number = number;
        cursor.Index = index;
        cursor.Version++;
    }

    private void Start(StreamCursor cursor)
    {
        if (!cursor.IsPumping && cursor.Number < _nextNumber)
        {
            cursor.IsPumping = true;
            cursor.Pump = PumpAsync(cursor);
        }
    }

    // Never throws; owned by the cursor, and awaited when the stream deactivates.
    private async Task PumpAsync(StreamCursor cursor)
    {
        while (TryNext(cursor, out var entry))
        {
            var version = cursor.Version;
            if (Passes(cursor, entry))
            {
                await DeliverAsync(cursor, entry);
            }

            if (cursor.Version == version)
            {
                cursor.Number++;
                cursor.Index = 0;
            }

            Trim();
        }

        cursor.IsPumping = false;
    }

    // A batch stays together: it goes to the consumer when one of its events does.
    private bool Passes(StreamCursor cursor, StreamEntry entry)
    {
        if (_filter is not { } filter || entry.Kind != StreamEntryKind.Items)
        {
            return true;
        }

        try
        {
            return entry.Items.Any(item => filter.ShouldDeliver(_streamId, item!, cursor.FilterData!));
        }
        catch (Exception exception)
        {
            // Better an event too much than one lost.
            LogFilterFailed(_logger, _streamId, cursor.Consumer, exception);
            return true;
        }
    }

    private bool TryNext(StreamCursor cursor, [NotNullWhen(true)] out StreamEntry? entry)
    {
        entry = null;
        if (cursor.IsEnded || cursor.Number >= _nextNumber)
        {
            return false;
        }

        if (cursor.Number < FirstNumber)
        {
            var missed = cursor.Number;

            // The error stands in the place of what is missing: delivery goes on behind it.
            cursor.Number = FirstNumber - 1;
            cursor.Index = 0;
            entry = StreamEntry.OfError(new QueueCacheMissException(
                $"Stream '{_streamId}' keeps no event from {missed} on any more; the oldest is {FirstNumber}."));
            return true;
        }

        entry = _log[(int)(cursor.Number - FirstNumber)];
        return true;
    }

    private async Task DeliverAsync(StreamCursor cursor, StreamEntry entry)
    {
        // Of the producer only its values go along, not the call chain that it may re-enter.
        RequestContext.Import(entry.Context is { } context ? new RequestContextValues(context.Values, Guid.Empty) : null);
        var version = cursor.Version;
        var startedAt = _clock.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await SendAsync(cursor, entry);
                return;
            }
            catch (ClientNotAvailableException)
            {
                await DropClientAsync(cursor);
                return;
            }
            catch (Exception exception)
            {
                if (cursor.IsEnded || cursor.Version != version)
                {
                    return;
                }

                if (_stopping.IsCancellationRequested || _clock.GetElapsedTime(startedAt) + delay > _deliveryTimeMax)
                {
                    LogSkipped(_logger, _streamId, cursor.Consumer, exception);
                    break;
                }
            }

            await DelayAsync(delay);
        }

        if (entry.Kind == StreamEntryKind.Items)
        {
            await TellFailureAsync(cursor);
        }
    }

    private Task SendAsync(StreamCursor cursor, StreamEntry entry) => GrainFactory.GetGrain<IStreamConsumer>(cursor.Consumer).DeliverAsync(
        new StreamDelivery
        {
            Provider = _provider,
            StreamId = _streamId,
            SubscriptionId = cursor.Id,
            Kind = entry.Kind,
            SequenceNumber = cursor.Number,
            FirstIndex = cursor.Index,

            // Each consumer gets its own copy.
            Items = Isolation.Copy(cursor.Index > 0 && cursor.Index < entry.Items.Length ? entry.Items[cursor.Index..] : entry.Items),
        });

    private async Task TellFailureAsync(StreamCursor cursor)
    {
        try
        {
            await SendAsync(cursor, StreamEntry.OfError(new StreamEventDeliveryFailureException(_streamId)));
        }
        catch (Exception exception)
        {
            LogSkipped(_logger, _streamId, cursor.Consumer, exception);
        }
    }

    private async Task DropClientAsync(StreamCursor cursor)
    {
        try
        {
            LogClientGone(_logger, _streamId, cursor.Consumer);
            await UnsubscribeAsync(cursor.Id);
        }
        catch (Exception exception)
        {
            LogSkipped(_logger, _streamId, cursor.Consumer, exception);
        }
    }

    private async Task DelayAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _clock, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The stream deactivates: one more attempt, at once.
        }
    }

    [LoggerMessage(EventId = 6152, Level = LogLevel.Error, Message = "Events of stream {StreamId} are skipped for {Consumer}: it did not take them")]
    private static partial void LogSkipped(ILogger logger, StreamId streamId, GrainId consumer, Exception exception);

    [LoggerMessage(EventId = 6155, Level = LogLevel.Error, Message = "The filter of stream {StreamId} failed for {Consumer}; the event is delivered")]
    private static partial void LogFilterFailed(ILogger logger, StreamId streamId, GrainId consumer, Exception exception);

    [LoggerMessage(EventId = 6153, Level = LogLevel.Information, Message = "A subscription of stream {StreamId} ends with its client {Consumer}")]
    private static partial void LogClientGone(ILogger logger, StreamId streamId, GrainId consumer);
}

/// <summary>Something published at once.</summary>
internal sealed record StreamEntry(StreamEntryKind Kind, object?[] Items, RequestContextValues? Context)
{
    public static StreamEntry OfError(Exception exception) => new(StreamEntryKind.Error, [exception], null);
}

/// <summary>How far delivery to one consumer is.</summary>
internal sealed class StreamCursor
{
    public required Guid Id { get; init; }

    public required GrainId Consumer { get; init; }

    public required bool IsImplicit { get; init; }

    /// <summary>What the provider's filter gets with each event.</summary>
    public string? FilterData { get; set; }

    /// <summary>The number of the batch that is, or will be, delivered next.</summary>
    public long Number { get; set; }

    /// <summary>The first event of that batch to be delivered.</summary>
    public int Index { get; set; }

    /// <summary>Changes when the consumer asks for another place.</summary>
    public int Version { get; set; }

    public bool IsEnded { get; set; }

    public bool IsPumping { get; set; }

    public Task Pump { get; set; } = Task.CompletedTask;
}
