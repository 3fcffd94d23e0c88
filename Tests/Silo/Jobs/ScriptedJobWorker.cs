using System.Threading.Channels;
using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>
/// A worker for streaming jobs, over real gRPC, that runs no rows: it starts, stores and commits as it is told, and says so. What a test wants otherwise it sets.
/// </summary>
internal sealed class ScriptedJobWorker : IAsyncDisposable
{
    private readonly RpcDuplexCall<WorkerMessage, SiloMessage> _call;
    private readonly Channel<JobOrder> _orders = Channel.CreateUnbounded<JobOrder>();
    private readonly Channel<JobReportReceipt> _receipts = Channel.CreateUnbounded<JobReportReceipt>();
    private readonly Channel<JobReport> _reports = Channel.CreateUnbounded<JobReport>();
    private readonly Dictionary<string, StartExecutionRequest> _runs = [];
    private readonly SemaphoreSlim _sending = new(1);
    private readonly SemaphoreSlim _answered = new(0);
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;
    private long _sequence;

    private ScriptedJobWorker(string id, RpcDuplexCall<WorkerMessage, SiloMessage> call) => (Id, _call) = (id, call);

    public string Id { get; }

    /// <summary>Ends with the session.</summary>
    public Task Session { get; private set; } = Task.CompletedTask;

    /// <summary>Orders for which no receipt is sent.</summary>
    public Func<JobOrder, bool> IsDeafTo { get; set; } = _ => false;

    /// <summary>The code that an order is refused with; empty for none.</summary>
    public Func<JobOrder, string> Refuses { get; set; } = _ => "";

    /// <summary>Checkpoints that its subtasks cannot store.</summary>
    public Func<CheckpointRequest, bool> CannotStore { get; set; } = _ => false;

    /// <summary>What an operator's subtasks store, by its id.</summary>
    public Func<string, TableState[]> TablesOf { get; set; } = _ => [];

    /// <summary>Whether its sinks wait for commits.</summary>
    public bool HasSinksThatCommit { get; set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ScriptedJobWorker> RegisterAsync(RpcChannel channel, string id, int slots = 1, string onlyJob = "", params JobContext[] runs)
    {
        var worker = new ScriptedJobWorker(id, channel.Duplex(HandWorker.Session, new RpcCallOptions(CancellationToken: Token)));
        await worker.SendAsync(new WorkerMessage
        {
            Register = new Register { WorkerId = id, Slots = 1, JobSlots = slots, DataAddress = $"grpc+tcp://{id}:1 exchange+tcp://{id}:2", RpcAddress = $"http://{id}:3", JobId = onlyJob, Jobs = { runs } },
        });
        var registered = new TaskCompletionSource();
        worker.Session = worker.ReadAsync(registered);
        worker._running = Task.WhenAll(worker.Session, worker.ReportAsync());
        await await Task.WhenAny(registered.Task, worker.Session);
        return worker;
    }

    /// <summary>Says that it still runs what another session of it has started.</summary>
    public void TakeUp(ScriptedJobWorker before)
    {
        foreach (var (job, run) in before._runs)
        {
            _runs[job] = run;
        }
    }

    public JobContext Run(string job) => _runs[job].Context;

    /// <summary>The next order of a kind; others before it are passed over.</summary>
    public async Task<JobOrder> NextAsync(JobOrder.CallOneofCase kind)
    {
        while (true)
        {
            var order = await _orders.Reader.ReadAsync(Token);
            if (order.CallCase == kind)
            {
                return order;
            }
        }
    }

    public ValueTask SendAsync(WorkerMessage message) => SendLockedAsync(message);

    public ValueTask DrainAsync() => SendAsync(new WorkerMessage { Draining = new Draining() });

    public ValueTask SayGoodbyeAsync() => _call.CompleteAsync();

    /// <summary>Says something, and waits for its receipt. Only for a test that lets the worker say nothing else meanwhile.</summary>
    public async Task<JobReportReceipt> ReportAsync(params WorkerEvent[] events)
    {
        var report = new JobReport { Sequence = Interlocked.Increment(ref _sequence), Events = { events } };
        await _reports.Writer.WriteAsync(report, Token);
        while (true)
        {
            var receipt = await _receipts.Reader.ReadAsync(Token);
            if (receipt.Sequence == report.Sequence)
            {
                return receipt;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync();
        _reports.Writer.TryComplete();

        // A report that was not answered on this stream never will be.
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sending.Dispose();
        _answered.Dispose();
        _ending.Dispose();
    }

    private async ValueTask SendLockedAsync(WorkerMessage message)
    {
        await _sending.WaitAsync(Token);
        try
        {
            await _call.WriteAsync(message, Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync(TaskCompletionSource registered)
    {
        await foreach (var message in _call.ReadAllAsync(Token))
        {
            switch (message.KindCase)
            {
                case SiloMessage.KindOneofCase.Registered:
                    registered.TrySetResult();
                    break;
                case SiloMessage.KindOneofCase.JobOrders:
                    foreach (var order in message.JobOrders.Orders)
                    {
                        await DoAsync(order);
                    }

                    break;
                case SiloMessage.KindOneofCase.JobReportReceipt:
                    await _receipts.Writer.WriteAsync(message.JobReportReceipt, Token);
                    _answered.Release();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>One report is under way at a time.</summary>
    private async Task ReportAsync()
    {
        await foreach (var report in _reports.Reader.ReadAllAsync(Token))
        {
            await SendLockedAsync(new WorkerMessage { JobReport = report });
            await _answered.WaitAsync(_ending.Token);
        }
    }

    private async Task DoAsync(JobOrder order)
    {
        await _orders.Writer.WriteAsync(order, Token);
        if (IsDeafTo(order))
        {
            return;
        }

        var refused = Refuses(order);
        await SendLockedAsync(new WorkerMessage { JobReceipts = new JobReceipts { Receipts = { new JobReceipt { OrderId = order.OrderId, ErrorCode = refused, Message = refused.Length == 0 ? "" : "as the test wants" } } } });
        if (refused.Length == 0)
        {
            var events = EventsOf(order).ToList();
            if (events.Count > 0)
            {
                _reports.Writer.TryWrite(new JobReport { Sequence = Interlocked.Increment(ref _sequence), Events = { events } });
            }
        }
    }

    private IEnumerable<WorkerEvent> EventsOf(JobOrder order)
    {
        switch (order.CallCase)
        {
            case JobOrder.CallOneofCase.Start:
                _runs[order.Start.Context.JobId] = order.Start;
                return Mine(order.Start).Select(task => new WorkerEvent { Context = order.Start.Context, TaskStarted = new SubtaskId { NodeId = task.NodeId, SubtaskIndex = task.SubtaskIndex } });
            case JobOrder.CallOneofCase.Checkpoint:
                return _runs.TryGetValue(order.Checkpoint.Context.JobId, out var run) ? StoredBy(run, order.Checkpoint) : [];
            case JobOrder.CallOneofCase.Commit:
                return order.Commit.Commits.Select(commit => new WorkerEvent
                {
                    Context = order.Commit.Context,
                    Checkpoint = new CheckpointEvent { Epoch = order.Commit.Epoch, Kind = CheckpointEventKind.FinishedCommit, Subtask = new SubtaskId { NodeId = 2, OperatorId = commit.OperatorId, SubtaskIndex = commit.SubtaskIndex } },
                });
            case JobOrder.CallOneofCase.Stop:
                return _runs.TryGetValue(order.Stop.Context.JobId, out var stopped) ? Ended(stopped) : [];
            case JobOrder.CallOneofCase.Finished:
                _runs.Remove(order.Finished.Context.JobId);
                return [];
            default:
                return [];
        }
    }

    private IEnumerable<WorkerEvent> StoredBy(StartExecutionRequest run, CheckpointRequest checkpoint)
    {
        foreach (var task in Mine(run))
        {
            if (CannotStore(checkpoint))
            {
                var subtask = new SubtaskId { NodeId = task.NodeId, SubtaskIndex = task.SubtaskIndex };
                yield return new WorkerEvent
                {
                    Context = run.Context,
                    CheckpointFailed = new CheckpointFailed { Epoch = checkpoint.Epoch, Error = new TaskError { Subtask = subtask, Code = "store_unavailable", Message = "the disk is full" } },
                };
                continue;
            }

            foreach (var id in run.Program.Nodes.First(node => node.Id == task.NodeId).Chain.Select(one => one.Id))
            {
                var commits = HasSinksThatCommit && id == "sink";
                yield return new WorkerEvent
                {
                    Context = run.Context,
                    CheckpointCompleted = new CheckpointCompleted
                    {
                        Epoch = checkpoint.Epoch,
                        Subtask = new SubtaskId { NodeId = task.NodeId, OperatorId = id, SubtaskIndex = task.SubtaskIndex },
                        NeedsCommit = commits,
                        State = new SubtaskState { Tables = { TablesOf(id) }, CommitData = commits ? ByteString.CopyFromUtf8($"rows of {checkpoint.Epoch}") : ByteString.Empty },
                    },
                };
            }
        }

        foreach (var ended in checkpoint.ThenStop ? Ended(run) : [])
        {
            yield return ended;
        }
    }

    private IEnumerable<WorkerEvent> Ended(StartExecutionRequest run) =>
        Mine(run).Select(task => new WorkerEvent { Context = run.Context, TaskFinished = new SubtaskId { NodeId = task.NodeId, SubtaskIndex = task.SubtaskIndex } });

    private IEnumerable<TaskAssignment> Mine(StartExecutionRequest run) => run.Tasks.Where(task => task.WorkerId == Id);
}
