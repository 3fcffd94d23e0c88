using System.Net.Http.Headers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>
/// Sends rows to a web service, a request for each or for some of them, several requests at once. A checkpoint waits until all rows before it have been taken, so that each row
/// comes at least once; those behind the last checkpoint come again after a restart.
/// </summary>
/// <param name="config">Whom to tell, and how rows are written.</param>
public sealed class WebhookSink(WebhookConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "webhook";

    /// <summary>Requests under way at once, when nothing else is said.</summary>
    public const int DefaultInFlightMax = 8;

    private readonly List<Task> _inFlight = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly int _inFlightMax = config.InFlightMax > 0 ? config.InFlightMax : DefaultInFlightMax;
    private readonly int _batchRows = Math.Max(1, config.BatchRows);
    private WebClient? _client;
    private SinkRows? _rows;
    private TimeProvider _clock = TimeProvider.System;
    private string _id = "";

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Endpoint is null)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The webhook sink '{context.OperatorId}' has no endpoint.");
        }

        (_clock, _id) = (context.Clock, context.OperatorId);
        _client = new WebClient(config.Endpoint, _id, _clock);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _rows ??= new SinkRows(RowsOf(), batch.Schema);
        for (var row = 0; row < batch.RowCount; row += _batchRows)
        {
            await MakeRoomAsync(cancellationToken);
            using var some = batch.Slice(row, Math.Min(_batchRows, batch.RowCount - row));
            _inFlight.Add(SendAsync(_rows.Write(some).ToArray(), _closing.Token));
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) => DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();

        // Nobody asks for their outcome any more.
        await Task.WhenAll(_inFlight).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _inFlight.Clear();
        _closing.Dispose();
        _rows?.Dispose();
        _client?.Dispose();
        await base.DisposeAsync();
    }

    private string MediaType => config.Rows?.Format?.Kind switch
    {
        FormatKind.Csv => "text/csv",
        FormatKind.RawString => "text/plain",
        FormatKind.RawBytes => "application/octet-stream",
        FormatKind.Avro or FormatKind.Protobuf when _batchRows > 1 || config.Rows.Format.Framing == FramingKind.Length => "application/octet-stream",
        FormatKind.Avro => "avro/binary",
        FormatKind.Protobuf => "application/x-protobuf",
        _ when _batchRows > 1 && config.Rows?.Format?.Framing != FramingKind.JsonArray => "application/x-ndjson",
        _ => "application/json",
    };

    /// <summary>A request of one row is that row alone, unless a framing is asked for.</summary>
    private RowSinkConfig RowsOf()
    {
        var rows = config.Rows?.Clone() ?? new RowSinkConfig();
        rows.Format ??= new FormatConfig { Kind = FormatKind.Json };
        if (rows.Format.Framing == FramingKind.Unspecified && _batchRows == 1)
        {
            rows.Format.Framing = FramingKind.None;
        }

        return rows;
    }

    private async ValueTask MakeRoomAsync(CancellationToken cancellationToken)
    {
        while (_inFlight.Count >= _inFlightMax)
        {
            await Task.WhenAny(_inFlight).WaitAsync(cancellationToken);
            for (var i = _inFlight.Count - 1; i >= 0; i--)
            {
                if (_inFlight[i].IsCompleted)
                {
                    // Throws what went wrong.
                    await _inFlight[i];
                    _inFlight.RemoveAt(i);
                }
            }
        }
    }

    private async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_inFlight).WaitAsync(cancellationToken);
        _inFlight.Clear();
    }

    private async Task SendAsync(byte[] body, CancellationToken cancellationToken)
    {
        var client = _client!;
        for (var failures = 1; ; failures++)
        {
            try
            {
                var content = new ByteArrayContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
                using var request = client.Request(HttpMethod.Post, "", content);
                using var answer = await client.SendAsync(request, cancellationToken);
                return;
            }
            catch (WebFailureException exception) when (failures < client.Retries.AttemptsMax)
            {
                await Task.Delay(client.Retries.After(failures, exception.RetryAfter), _clock, cancellationToken);
            }
            catch (WebFailureException exception)
            {
                throw client.GaveUp($"Sink '{_id}'", failures, exception);
            }
        }
    }
}
