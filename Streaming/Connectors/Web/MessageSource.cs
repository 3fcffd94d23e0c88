using System.Threading.Channels;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// A source of messages that come over a connection: one subtask reads them. A connection is read beside the engine's calls into a bounded queue; all that it brought
/// is given out before the next one is made from where the source then stands.
/// </summary>
public abstract class MessageSource : StreamSource
{
    private const int MessagesMax = 64;
    private const int BatchRows = 1_000;
    private static readonly byte[] Key = "p"u8.ToArray();

    private readonly FormatConfig? _format;
    private readonly WebEndpoint? _endpoint;
    private readonly WebCursor _cursor;
    private readonly IReadOnlyList<MetadataColumn> _columns;
    private IGlobalTable? _table;
    private MessageDecoder? _decoder;
    private MessageColumns? _metadata;
    private BadRecords? _bad;
    private int _cursorColumn = -1;
    private int _failures;
    private long _count;
    private long _rowCount;

    /// <summary>Makes one.</summary>
    /// <param name="format">How messages are written.</param>
    /// <param name="endpoint">Where they come from.</param>
    /// <param name="cursor">How the source says where it stands; null: by what messages bring along.</param>
    /// <param name="metadata">Columns that hold what messages bring along besides their data; null: none do.</param>
    private protected MessageSource(FormatConfig? format, WebEndpoint? endpoint, WebCursor? cursor, IReadOnlyList<MetadataColumn>? metadata = null) =>
        (_format, _endpoint, _cursor, _columns) = (format, endpoint, cursor ?? new WebCursor(), metadata ?? []);

    /// <summary>Where the source stands. Changed only while no connection is read.</summary>
    private protected MessagePosition Position { get; private set; } = new();

    /// <summary>The cursor, before the first row the one that the table names.</summary>
    private protected string Cursor => Position.HasCursor ? Position.Cursor : _cursor.Initial;

    /// <summary>Whom to ask.</summary>
    private protected WebClient Client { get; private set; } = null!;

    /// <summary>Most bytes of a message.</summary>
    private protected int MessageBytesMax => _decoder!.RecordBytesMax;

    /// <summary>The time.</summary>
    private protected TimeProvider Clock { get; private set; } = TimeProvider.System;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_endpoint is null || _format is null || context.OutputSchema is not { Fields.Count: > 0 } schema)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The source '{context.OperatorId}' needs an endpoint, a format and columns.");
        }

        if (_cursor.Column.Length > 0 && (_cursorColumn = schema.TryIndexOf(_cursor.Column)) < 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The source '{context.OperatorId}' has its cursor in column '{_cursor.Column}'; its rows are ({schema}).");
        }

        Clock = context.Clock;
        _table = await context.State.OpenGlobalAsync("e", 1, cancellationToken);
        if (_table.TryGet(Key, out var stored))
        {
            Position = MessagePosition.Parser.ParseFrom(stored.Span);
        }

        Client = new WebClient(_endpoint, context.OperatorId, Clock);
        if (_columns.Count > 0)
        {
            _metadata = new MessageColumns(context.OperatorId, schema, _columns, context.Allocator);
        }

        _decoder = new MessageDecoder(_format, _metadata?.Data ?? schema, context.Allocator);
        _bad = new BadRecords(context.OperatorId, _format.DropsBadData, Clock);
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        while (context.Operator.SubtaskIndex == 0)
        {
            var (before, rowsBefore) = (_count, _rowCount);
            TimeSpan? wait;
            try
            {
                var (end, next) = await ReadConnectionAsync(context, cancellationToken);
                if (end is { } told)
                {
                    return told;
                }

                (_failures, wait) = (0, next(_rowCount - rowsBefore));
                if (wait is null)
                {
                    break;
                }
            }
            catch (WebFailureException exception)
            {
                _failures = _count > before ? 1 : _failures + 1;
                wait = _failures < Client.Retries.AttemptsMax ? Client.Retries.After(_failures, exception.RetryAfter) : throw Client.GaveUp($"Source '{context.Operator.OperatorId}'", _failures, exception);
            }

            if (await context.WaitAsync(wait.Value, cancellationToken) is { } asked)
            {
                return asked;
            }
        }

        return SourceEnd.Final;
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        if (Position.HasCursor || !Position.BodyHash.IsEmpty)
        {
            _table!.Put(Key, Position.ToByteArray());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _decoder?.Dispose();
        _metadata?.Dispose();
        Client?.Dispose();
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }

    /// <summary>Reads one connection, from where the source stands, to its end.</summary>
    /// <param name="messages">Where its messages go; it is bounded, and waits.</param>
    /// <param name="cancellationToken">The source ends.</param>
    /// <returns>How long to wait before the next one, by the rows that this one brought; null: there is no more.</returns>
    /// <exception cref="WebFailureException">It failed in a way that may pass.</exception>
    private protected abstract Task<Func<long, TimeSpan?>> ReadAsync(ChannelWriter<SourceMessage> messages, CancellationToken cancellationToken);

    private async Task<(SourceEnd? End, Func<long, TimeSpan?> Next)> ReadConnectionAsync(SourceContext context, CancellationToken cancellationToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var messages = Channel.CreateBounded<SourceMessage>(MessagesMax);
        var reading = PumpAsync(messages.Writer, closing.Token);
        try
        {
            while (true)
            {
                var arrival = messages.Reader.WaitToReadAsync(cancellationToken).AsTask();
                if (await context.WaitForAsync(arrival, cancellationToken) is { } end)
                {
                    return (end, static _ => null);
                }

                if (!await arrival)
                {
                    break;
                }

                await GiveAsync(context, messages.Reader, cancellationToken);
            }

            return (null, await reading);
        }
        finally
        {
            await closing.CancelAsync();

            // Its outcome was seen above, or nobody asks for it any more.
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<Func<long, TimeSpan?>> PumpAsync(ChannelWriter<SourceMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(messages, cancellationToken);
        }
        finally
        {
            messages.TryComplete();
        }
    }

    /// <summary>Gives out what has come. Behind it the position and the rows agree, so that a checkpoint may be taken.</summary>
    private async ValueTask GiveAsync(SourceContext context, ChannelReader<SourceMessage> messages, CancellationToken cancellationToken)
    {
        while (_decoder!.HeldRowCount < BatchRows && messages.TryRead(out var message))
        {
            Take(message);
        }

        await _bad!.TellAsync(context.Operator.ReportErrorAsync, cancellationToken);
        if (Build() is { } batch)
        {
            if (_cursorColumn >= 0 && !batch.Column(_cursorColumn).IsNull(batch.RowCount - 1))
            {
                Position.Cursor = ArrowFormatter.FormatValue(batch.Column(_cursorColumn), batch.RowCount - 1);
            }

            _rowCount += batch.RowCount;
            await context.EmitAsync(batch, cancellationToken);
        }
    }

    private void Take(SourceMessage message)
    {
        _count++;
        if (message.Problem is { } problem)
        {
            Refuse(new BadRecordException(problem));
        }
        else if (message.Payload is { } payload)
        {
            _decoder!.Add(payload.Span, Refuse);
        }

        if (message.Cursor is { } cursor)
        {
            Position.Cursor = cursor;
        }

        _metadata?.Fill(_decoder!, new MessageOrigin
        {
            ReceivedMicros = Clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000,
            Url = Client.Shown,
            Type = message.Event,
            Id = Position.HasCursor ? Position.Cursor : null,
            Status = message.Status,
        });

        if (!message.Hash.IsEmpty)
        {
            Position.BodyHash = ByteString.CopyFrom(message.Hash.Span);
        }
    }

    private RecordBatch? Build() => _metadata is null ? _decoder!.Build() : _metadata.Build(_decoder!);

    private void Refuse(BadRecordException problem) => _bad!.Meet($"message {_count} of {Client.Shown}", problem);
}
