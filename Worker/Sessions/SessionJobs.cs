using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// The streaming jobs of a session: orders in, receipts and reports out. The orders for one job are carried out one after another, those of several jobs beside each
/// other. Reports hold events in their order; one is under way at a time and is sent again, as it is, on each new stream until its receipt comes.
/// </summary>
internal sealed partial class SessionJobs : IAsyncDisposable
{
    // Far more than a gateway has under way for one worker; beyond it orders are refused instead of kept.
    private const int OrdersMax = 4_096;

    private readonly JobHost _host;
    private readonly SessionOutbox _outbox;
    private readonly ILogger _logger;
    private readonly Action<Exception> _failed;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<(JobOrder Order, long Stream)>> _orders = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _work = [];
    private int _orderCount;
    private long _stream;
    private JobReport? _report;
    private TaskCompletionSource? _reportTaken;
    private Task _reporting = Task.CompletedTask;

    /// <summary>Makes it; nothing is reported before <see cref="Begin"/>.</summary>
    /// <param name="host">The jobs; disposed with this.</param>
    /// <param name="outbox">Takes what is to be sent.</param>
    /// <param name="failed">Told when nothing can be reported any more, which is a fault of this program.</param>
    /// <param name="logger">Where refusals go.</param>
    public SessionJobs(JobHost host, SessionOutbox outbox, Action<Exception> failed, ILogger logger)
    {
        _host = host;
        _outbox = outbox;
        _failed = failed;
        _logger = logger;
    }

    /// <summary>Jobs that are here, those that failed included.</summary>
    public int Count => _host.Held.Count;

    /// <summary>Takes no further jobs.</summary>
    public void BeginDrain() => _host.BeginDrain();

    /// <summary>Ends when no job is here.</summary>
    public Task WhenIdleAsync() => _host.WhenIdleAsync();

    /// <summary>Says in a registration what the worker is for jobs.</summary>
    public void Announce(Register registration)
    {
        registration.JobSlots = _host.Setup.Slots;
        registration.JobId = _host.Setup.JobId;
        registration.RunId = _host.Setup.RunId;
        registration.RpcAddress = _host.RpcAddress;
        registration.Jobs.Add(_host.Held);
    }

    /// <summary>Begins to report; called once.</summary>
    public void Begin() => _reporting = ReportAsync();

    /// <summary>A stream is up, and nothing was sent by it: what an earlier one ordered and nobody has begun is dropped, for the gateway orders it again.</summary>
    public void OnStream()
    {
        lock (_gate)
        {
            _stream++;
            foreach (var orders in _orders.Values)
            {
                _orderCount -= orders.Count;
                orders.Clear();
            }
        }
    }

    /// <summary>The stream takes messages: the report under way is sent again.</summary>
    public void OnRegistered()
    {
        lock (_gate)
        {
            if (_report is { } report)
            {
                _outbox.AddControl(new WorkerMessage { JobReport = report });
            }
        }
    }

    /// <summary>Takes orders; each is answered by a receipt, if this stream still is there by then.</summary>
    public void OnOrders(JobOrders orders)
    {
        foreach (var order in orders.Orders)
        {
            var job = ContextOf(order)?.JobId ?? "";
            lock (_gate)
            {
                if (_orderCount >= OrdersMax)
                {
                    Answer(order.OrderId, _stream, new FlowException(FlowErrorCode.LimitExceeded, $"{OrdersMax} orders for streaming jobs wait at this worker; send it again later."), null);
                    continue;
                }

                _orderCount++;
                if (_orders.TryGetValue(job, out var waiting))
                {
                    waiting.Enqueue((order, _stream));
                    continue;
                }

                _orders.Add(job, waiting = new Queue<(JobOrder, long)>());
                waiting.Enqueue((order, _stream));
                OwnWhileLocked(() => CarryOutAsync(job, waiting));
            }
        }
    }

    /// <summary>Lets go of all jobs; nothing of them runs afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _host.DisposeAsync();
        await _reporting;
        Task[] work;
        lock (_gate)
        {
            work = [.. _work];
        }

        await Task.WhenAll(work);
    }

    private static JobContext? ContextOf(JobOrder order) => order.CallCase switch
    {
        JobOrder.CallOneofCase.Start => order.Start.Context,
        JobOrder.CallOneofCase.Checkpoint => order.Checkpoint.Context,
        JobOrder.CallOneofCase.GiveUpCheckpoint => order.GiveUpCheckpoint.Context,
        JobOrder.CallOneofCase.Commit => order.Commit.Context,
        JobOrder.CallOneofCase.LoadCompacted => order.LoadCompacted.Context,
        JobOrder.CallOneofCase.Stop => order.Stop.Context,
        JobOrder.CallOneofCase.Finished => order.Finished.Context,
        JobOrder.CallOneofCase.Metrics => order.Metrics.Context,
        _ => null,
    };

    /// <summary>Starts work that the disposal waits for.</summary>
    private void OwnWhileLocked(Func<Task> workAsync)
    {
        Task? own = null;
        own = Task.Run(
            async () =>
            {
                await workAsync();
                lock (_gate)
                {
                    _work.Remove(own!);
                }
            },
            CancellationToken.None);
        _work.Add(own);
    }

    private async Task CarryOutAsync(string job, Queue<(JobOrder Order, long Stream)> waiting)
    {
        while (true)
        {
            (JobOrder Order, long Stream) next;
            lock (_gate)
            {
                if (!waiting.TryDequeue(out next))
                {
                    _orders.Remove(job);
                    return;
                }

                _orderCount--;
            }

            Exception? refused = null;
            GetMetricsResponse? metrics = null;
            try
            {
                metrics = await CarryOutAsync(next.Order, _ending.Token);
            }
            catch (Exception exception)
            {
                refused = exception;
                LogRefused(next.Order.CallCase, job, exception);
            }

            lock (_gate)
            {
                Answer(next.Order.OrderId, next.Stream, refused, metrics);
            }
        }
    }

    private async Task<GetMetricsResponse?> CarryOutAsync(JobOrder order, CancellationToken cancellationToken)
    {
        switch (order.CallCase)
        {
            case JobOrder.CallOneofCase.Start:
                _host.Start(order.Start);
                return null;
            case JobOrder.CallOneofCase.Checkpoint:
                await _host.CheckpointAsync(order.Checkpoint, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.GiveUpCheckpoint:
                await _host.GiveUpCheckpointAsync(order.GiveUpCheckpoint, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.Commit:
                await _host.CommitAsync(order.Commit, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.LoadCompacted:
                await _host.LoadCompactedDataAsync(order.LoadCompacted, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.Stop:
                await _host.StopAsync(order.Stop, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.Finished:
                await _host.FinishAsync(order.Finished, cancellationToken);
                return null;
            case JobOrder.CallOneofCase.Metrics:
                return WorkerRpcService.MetricsOf(_host, order.Metrics);
            default:
                throw new FlowException(FlowErrorCode.Unsupported, $"This version of the worker does not know the order {order.CallCase}.");
        }
    }

    private void Answer(long orderId, long stream, Exception? refused, GetMetricsResponse? metrics)
    {
        // Ids of orders mean something on their own stream only.
        if (stream != _stream)
        {
            return;
        }

        var receipt = new JobReceipt { OrderId = orderId, Metrics = metrics };
        if (refused is not null)
        {
            receipt.ErrorCode = FlowErrorKind.Of((refused as FlowException)?.Code ?? FlowErrorCode.UnexpectedError).Wire;
            receipt.Message = refused.Message;
        }

        _outbox.AddControl(new WorkerMessage { JobReceipts = new JobReceipts { Receipts = { receipt } } });
    }

    [LoggerMessage(EventId = 2283, Level = LogLevel.Warning, Message = "The order {Order} for streaming job {JobId} was refused")]
    private partial void LogRefused(JobOrder.CallOneofCase order, string jobId, Exception exception);

    [LoggerMessage(EventId = 2284, Level = LogLevel.Information, Message = "The gateway no longer knows {RunCount} runs of streaming jobs; the worker lets go of them")]
    private partial void LogStale(int runCount);
}
