using System.Threading.Channels;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Worker.Jobs.Previews;

/// <summary>Shows its rows to whoever looks, as a live stream of the gateway. At most once: what cannot be shown is left out, and the job goes on.</summary>
/// <param name="config">The live stream, and the names of its columns.</param>
/// <param name="target">Where live streams are.</param>
/// <remarks>
/// Readers read from the stream's log and never hold the job up. If the log itself is slow the sink waits for some seconds, then leaves rows out until there is room, and says so
/// once.
/// </remarks>
internal sealed class PreviewSink(PreviewConfig config, IPreviewTarget target) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "preview";

    private const int BatchesMax = 64;
    private const int TriesMax = 30;
    private static readonly TimeSpan RoomPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(1);

    private readonly Channel<RecordBatch> _rows = Channel.CreateBounded<RecordBatch>(new BoundedChannelOptions(BatchesMax) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _ending = new();
    private readonly PreviewColumns _columns = new(config.Columns);
    private OperatorContext? _context;
    private Task? _sending;
    private bool _isLossy;

    /// <summary>Reads what the operator is told.</summary>
    /// <exception cref="FlowException">It is no such message (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static PreviewConfig ConfigOf(string operatorId, ReadOnlyMemory<byte> config)
    {
        try
        {
            return PreviewConfig.Parser.ParseFrom(config.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Operator '{operatorId}' shows rows, and its config is no PreviewConfig: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _context = context;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        batch = _columns.Show(batch);
        _sending ??= SendAsync(batch.Schema, _context!);
        if (_rows.Writer.TryWrite(batch) || (await HasRoomAsync(cancellationToken) && _rows.Writer.TryWrite(batch)))
        {
            _isLossy = false;
            return;
        }

        batch.Dispose();
        if (!_isLossy)
        {
            _isLossy = true;
            await _context!.ReportErrorAsync(new FlowException(FlowErrorCode.LimitExceeded, $"Rows of '{config.Stream}' come faster than they can be shown; some are left out."), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        _rows.Writer.TryComplete();
        if (_sending is not null && !await EndsWithinAsync(EndPatience, cancellationToken))
        {
            await _context!.ReportErrorAsync(new FlowException(FlowErrorCode.DeadlineExceeded, $"The last rows of '{config.Stream}' could not be shown within {EndPatience}."), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _rows.Writer.TryComplete();
        if (_sending is not null)
        {
            await EndsWithinAsync(ClosePatience, CancellationToken.None);
            await _ending.CancelAsync();
            await _sending;
        }

        while (_rows.Reader.TryRead(out var left))
        {
            left.Dispose();
        }

        _ending.Dispose();
        await base.DisposeAsync();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _sending!.WaitAsync(patience, _context!.Clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<bool> HasRoomAsync(CancellationToken cancellationToken)
    {
        if (_isLossy)
        {
            return false;
        }

        using var late = new CancellationTokenSource(RoomPatience, _context!.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await _rows.Writer.WaitToWriteAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Sends until the rows end. Never fails: what it cannot send is left out.</summary>
    private async Task SendAsync(ArrowSchema schema, OperatorContext context)
    {
        try
        {
            for (var tries = 1; tries <= TriesMax; tries++)
            {
                try
                {
                    await target.AppendAsync(config.Stream, schema, _rows.Reader.ReadAllAsync(_ending.Token), _ending.Token);
                    return;
                }
                catch (Exception exception) when (!_ending.IsCancellationRequested)
                {
                    await context.ReportErrorAsync(new FlowException(FlowErrorCode.StoreUnavailable, $"Rows of '{config.Stream}' cannot be shown for now: {exception.Message}", exception), _ending.Token);
                }

                await Task.Delay(RetryWait, context.Clock, _ending.Token);
            }

            await foreach (var left in _rows.Reader.ReadAllAsync(_ending.Token))
            {
                left.Dispose();
            }
        }
        catch (Exception) when (_ending.IsCancellationRequested)
        {
            // The subtask ends; nobody waits for what is left.
        }
    }
}
